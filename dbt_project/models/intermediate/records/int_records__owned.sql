-- One row is one record of any channel: its newest observation, and the unit that owned its account when it was published.
with newest as (
    select * from {{ ref('int_observations__ranked') }}
    where is_newest
),

accounts as (
    select * from {{ ref('int_registry__accounts') }}
),

-- Of two owners at a time, which the first gate reports, the first by id.
owners as (
    select
        newest.item_id,
        min(accounts.unit_id) as unit_id
    from newest
    inner join accounts
        on
            newest.account_id = accounts.account_id
            and {{ in_force('accounts', 'newest.published_at_local') }}
    group by newest.item_id
),

final as (
    select
        newest.item_id,
        newest.account_id,
        owners.unit_id,
        newest.outlet_id,
        newest.export_sha256,
        newest.load_key,
        newest.source_row,
        newest.text_load_key,
        newest.text_source_row,
        newest.text_month,
        newest.channel_type,
        newest.is_mapped,
        newest.is_private,
        newest.is_time_contradicted,
        newest.is_own_post,
        newest.published_at,
        newest.published_at_local,
        newest.observed_at,
        newest.published_month
    from newest
    left join owners
        on newest.item_id = owners.item_id
)

select * from final
