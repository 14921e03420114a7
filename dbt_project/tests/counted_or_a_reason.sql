-- A match is counted or has a reason why not. A row is a match with both or neither.
with reprints as (
    select * from {{ ref('fct_reprints') }}
    where {{ in_months('ranking_month') }}
),

final as (
    select
        ranking_month,
        item_id,
        post_id
    from reprints
    where is_counted <> (not_counted_reason is null)
)

select * from final
