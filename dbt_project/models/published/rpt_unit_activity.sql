-- One row is one unit's activity in a ranking month.
with unit_months as (
    select * from {{ ref('fct_unit_months') }}
    where {{ in_months('ranking_month') }}
),

final as (
    select
        ranking_month,
        unit_id,
        account_count,
        post_count,
        wechat_post_count,
        weibo_post_count,
        original_count,
        original_by_link_count,
        original_by_text_count,
        {{ ratio('original_count', 'post_count') }} as originality_rate,
        reprinted_post_count,
        reprint_count,
        sibling_reprint_count,
        outlet_count,
        max_reprints_of_one_post
    from unit_months
)

select * from final
