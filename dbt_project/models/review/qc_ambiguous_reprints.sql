-- One row is one match that waits for a person's decision.
with matches as (
    select * from {{ ref('fct_reprints') }}
    where {{ in_months('ranking_month') }}
),

final as (
    select
        ranking_month,
        item_id,
        post_id,
        unit_id,
        match_class,
        containment,
        matched_chars,
        not_counted_reason,
        evidence
    from matches
    where confidence = 'review'
)

select * from final
