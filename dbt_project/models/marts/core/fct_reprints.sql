-- One row is one match of an item to a post of the ranking month; is_counted includes window, credit and ownership.
select
    ranking_month, post_id, item_id, unit_id, account_id, channel_type, outlet_id, carrying_unit_id,
    reprinted_at_local, published_precision, lag_seconds, url, title,
    read_count, read_count_qualifier, like_count, like_count_qualifier, comment_count, comment_count_qualifier,
    read_unit, is_late_observation, source_name_raw, method, match_class, containment, item_containment, matched_chars,
    confidence, is_self, is_sibling, credit_rule, decided_by, evidence, parameters_hash,
    is_match_counted and is_in_window and is_post_counted and outlet_id is not null as is_counted,
    case
        when not is_post_counted then 'post_not_counted'
        when not is_match_counted then match_reason
        when reprinted_at_local is null then 'no_time'
        when not is_in_window then 'outside_window'
        when outlet_id is null then 'no_outlet'
    end as not_counted_reason
from {{ ref('int_reprints__matched') }}
where {{ in_months('ranking_month') }}
