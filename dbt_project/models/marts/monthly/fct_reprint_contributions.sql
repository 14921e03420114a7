-- One row is what one reprint (post × outlet) contributes to one indicator of its unit; they add up exactly to it.
with reprints as (
    select * from {{ ref('fct_post_outlets') }}
    where {{ in_months('ranking_month') }}
),

indicators as (
    select
        *,
        -- In units of 10^-12 points, as whole numbers, so that the parts of a whole are the whole.
        {{ whole_number('contribution * 1000000000000') }} as picopoints
    from {{ ref('fct_unit_month_indicators') }}
    where
        value > 0
        and {{ in_months('ranking_month') }}
),

parts as (
    select
        ranking_month,
        unit_id,
        account_id,
        post_id,
        outlet_id,
        channel_type as indicator_id,
        cast(1 as bigint) as part
    from reprints
    {%- for metric in ['read', 'like', 'comment'] %}
    union all
    select
        ranking_month,
        unit_id,
        account_id,
        post_id,
        outlet_id,
        '{{ metric }}' as indicator_id,
        {{ metric }}_count as part
    from reprints
    where {{ metric }}_count > 0
    {%- endfor %}
),

shares as (
    select
        parts.*,
        indicators.method_version,
        indicators.dimension,
        indicators.picopoints as picopoints_of_indicator,
        {{ whole_division('indicators.picopoints * parts.part', 'indicators.value') }} as share,
        row_number() over (
            partition by parts.ranking_month, parts.unit_id, parts.indicator_id
            order by parts.post_id, parts.outlet_id
        ) as number_in_indicator
    from parts
    inner join indicators
        on
            parts.ranking_month = indicators.ranking_month
            and parts.unit_id = indicators.unit_id
            and parts.indicator_id = indicators.indicator_id
),

remainders as (
    select
        *,
        picopoints_of_indicator - sum(share) over (
            partition by ranking_month, unit_id, indicator_id
        ) as remainder
    from shares
),

final as (
    select
        ranking_month,
        method_version,
        dimension,
        indicator_id,
        unit_id,
        account_id,
        post_id,
        outlet_id,

        -- The first reprint takes what the division leaves over.
        cast(share + case when number_in_indicator = 1 then remainder else 0 end as bigint) as picopoints
    from remainders
)

select * from final
