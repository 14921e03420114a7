-- One row is one day of a ranking month and one channel type, with the items seen.
select cast(ranking_month as varchar) as ranking_month, cast(channel_type as varchar) as channel_type, day,
    cast(item_count as bigint) as item_count
from {{ ref('fct_channel_days') }} where {{ in_months('ranking_month') }}
