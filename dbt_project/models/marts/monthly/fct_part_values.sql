-- One row is what one part of a unit's reprints adds to the total of one channel or metric in a ranking month: what the
-- total loses without it.
{{ config(materialized='view') }}
with parts as (
    select * from {{ ref('fct_reprint_parts') }}
),

parts_of_reprint as (
    select
        ranking_month,
        unit_id,
        post_id,
        outlet_id,
        channel_type,
        kind,
        part_id,
        max(read_count) as read_count,
        max(like_count) as like_count,
        max(comment_count) as comment_count
    from parts
    group by
        ranking_month,
        unit_id,
        post_id,
        outlet_id,
        channel_type,
        kind,
        part_id
),

-- A reprint remains while another part carries it, with the largest value of the others.
with_others as (
    select
        *,
        count(*) over (partition by ranking_month, post_id, outlet_id, kind) as part_count,
        {%- for metric in ['read', 'like', 'comment'] %}
        greatest(
            max({{ metric }}_count) over parts_before, max({{ metric }}_count) over parts_after
        ) as other_{{ metric }}_count{{ ',' if not loop.last }}
        {%- endfor %}
    from parts_of_reprint
    window
        parts_before as (
            partition by ranking_month, post_id, outlet_id, kind
            order by part_id
            rows between unbounded preceding and 1 preceding
        ),
        parts_after as (
            partition by ranking_month, post_id, outlet_id, kind
            order by part_id
            rows between 1 following and unbounded following
        )
),

lost_values as (
    select
        ranking_month,
        unit_id,
        kind,
        part_id,
        'channel' as source_kind,
        channel_type as source_name,
        case when part_count = 1 then 1 else 0 end as value
    from with_others
    where part_id <> ''
    {%- for metric in ['read', 'like', 'comment'] %}
    union all
    select
        ranking_month,
        unit_id,
        kind,
        part_id,
        'metric' as source_kind,
        '{{ metric }}' as source_name,
        greatest(0, coalesce({{ metric }}_count, 0) - coalesce(other_{{ metric }}_count, 0)) as value
    from with_others
    where part_id <> ''
    {%- endfor %}
),

final as (
    select
        ranking_month,
        unit_id,
        kind,
        part_id,
        source_kind,
        source_name,
        cast(sum(value) as bigint) as value
    from lost_values
    group by
        ranking_month,
        unit_id,
        kind,
        part_id,
        source_kind,
        source_name
)

select * from final
