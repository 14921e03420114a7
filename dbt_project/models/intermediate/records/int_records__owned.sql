-- One row is one record of any channel: its first observation by the strongest source, where its newest counts are, and
-- the unit that owned its account when it was published.
with first_seen as (
    select * from {{ ref('int_observations__ranked') }}
    where is_first_seen
),

accounts as (
    select * from {{ ref('int_registry__accounts') }}
),

-- Of two owners at a time, which the first gate reports, the first by id.
owners as (
    select
        first_seen.item_id,
        min(accounts.unit_id) as unit_id
    from first_seen
    inner join accounts
        on
            first_seen.account_id = accounts.account_id
            and {{ in_force('accounts', 'first_seen.published_at_local') }}
    group by first_seen.item_id
),

final as (
    select
        first_seen.item_id,
        first_seen.account_id,
        owners.unit_id,
        first_seen.outlet_id,
        first_seen.export_sha256,
        first_seen.load_key,
        first_seen.source_row,
        first_seen.counts_load_key,
        first_seen.counts_source_row,
        first_seen.counts_month,
        first_seen.text_load_key,
        first_seen.text_source_row,
        first_seen.text_month,
        first_seen.channel_type,
        first_seen.is_mapped,
        first_seen.is_private,
        first_seen.is_time_contradicted,
        first_seen.is_own_post,
        first_seen.published_at,
        first_seen.published_at_local,
        first_seen.counts_observed_at as observed_at,
        first_seen.published_month
    from first_seen
    left join owners
        on first_seen.item_id = owners.item_id
)

select * from final
