-- One row is one reprint one of whose counts is only a lower bound.
with reprints as (
    select * from {{ ref('fct_post_outlets') }}
    where {{ in_months('ranking_month') }}
),

final as (
    select
        ranking_month,
        post_id,
        outlet_id,
        unit_id,
        channel_type,
        {%- for metric in ['read', 'like', 'comment'] %}
        {{ metric }}_count,
        is_{{ metric }}_capped{{ ',' if not loop.last }}
        {%- endfor %}
    from reprints
    where is_read_capped or is_like_capped or is_comment_capped
)

select * from final
