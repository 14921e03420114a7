-- One row is one match that waits for a person's decision.
select ranking_month, item_id, post_id, unit_id, match_class, containment, matched_chars, not_counted_reason, evidence
from {{ ref('fct_reprints') }} where confidence = 'review' and {{ in_months('ranking_month') }}
