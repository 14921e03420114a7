-- A match is counted, or says why not.
select ranking_month, item_id, post_id from {{ ref('fct_reprints') }}
where {{ in_months('ranking_month') }} and is_counted <> (not_counted_reason is null)
