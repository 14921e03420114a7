-- One row is one reprint one of whose counts is only a lower bound.
select ranking_month, post_id, outlet_id, unit_id, channel_type, read_count, is_read_capped, like_count, is_like_capped,
    comment_count, is_comment_capped
from {{ ref('fct_post_outlets') }}
where (is_read_capped or is_like_capped or is_comment_capped) and {{ in_months('ranking_month') }}
