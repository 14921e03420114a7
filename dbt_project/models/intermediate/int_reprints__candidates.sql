-- One row is one pair of item and post that the matcher compared: a match, one for review, or one it rejected.
{{ config(materialized='view') }}
with matches as (
    select * from {{ source('evidence', 'matches') }}
),

rejected as (
    select * from {{ source('evidence', 'rejected') }}
),

final as (
    select
        month as ranking_month,
        item_id,
        post_id,
        confidence as verdict,
        reason,
        containment,
        matched_chars,
        numbers_aligned,
        numbers_equal,
        parameters_hash
    from matches
    union all
    select
        month as ranking_month,
        item_id,
        post_id,
        'rejected' as verdict,
        reason,
        containment,
        matched_chars,
        numbers_aligned,
        numbers_equal,
        parameters_hash
    from rejected
)

select * from final
