-- One row is what one reprint (post × outlet) contributes to one indicator of its unit; they add up exactly to it.
with parts as (
    select ranking_month, unit_id, account_id, post_id, outlet_id, channel_type as indicator_id, cast(1 as bigint) as part
    from {{ ref('fct_post_outlets') }} where {{ in_months('ranking_month') }}
    {% for metric in ['read', 'like', 'comment'] -%}
    union all
    select ranking_month, unit_id, account_id, post_id, outlet_id, '{{ metric }}' as indicator_id, {{ metric }}_count as part
    from {{ ref('fct_post_outlets') }} where {{ metric }}_count > 0 and {{ in_months('ranking_month') }}
    {% endfor -%}
),

shared as (
    -- In units of 10^-12 points, as whole numbers, so that the parts of a whole are the whole.
    select
        parts.*, i.method_version, i.dimension, cast(i.contribution * 1000000000000 as hugeint) as whole,
        {{ whole_division('cast(i.contribution * 1000000000000 as hugeint) * parts.part', 'i.value') }} as share,
        row_number() over (partition by parts.ranking_month, parts.unit_id, parts.indicator_id order by parts.post_id, parts.outlet_id) as nth
    from parts
    join {{ ref('fct_unit_month_indicators') }} as i
        on parts.ranking_month = i.ranking_month and parts.unit_id = i.unit_id and parts.indicator_id = i.indicator_id
    where i.value > 0
)

select
    ranking_month, method_version, dimension, indicator_id, unit_id, account_id, post_id, outlet_id,
    cast(
        share + case when nth = 1 then whole - sum(share) over (partition by ranking_month, unit_id, indicator_id) else 0 end
        as bigint
    ) as picopoints
from shared
