-- One row is one post of a registered account that no unit owned when it was posted.
select ranking_month, post_id, account_id, platform, published_at_local, url, title
from {{ ref('fct_posts') }} where is_quarantined and {{ in_months('ranking_month') }}
