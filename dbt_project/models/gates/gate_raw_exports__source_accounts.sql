-- One row is one connector and registered account, with its rows of a ranking month and as many as are plausible.
with records as (
    select * from {{ source('raw', 'records') }}
),

accounts as (
    select * from {{ ref('int_registry__account_keys') }}
    where key_kind = 'key'
),

limits as (
    select * from {{ ref('int_quality_limits') }}
    where measure = 'rows_per_account'
),

counts as (
    select
        records.month as ranking_month,
        records.connector,
        accounts.account_id,
        count(distinct records.record_id) as row_count
    from records
    inner join accounts
        on
            records.channel_type = accounts.platform
            and records.account_key = accounts.account_key
    group by
        records.month,
        records.connector,
        accounts.account_id
),

final as (
    select
        counts.ranking_month,
        counts.connector,
        counts.account_id,
        counts.row_count,
        coalesce(own_limits.value, general_limits.value) as allowed_count
    from counts
    left join limits as own_limits
        on
            counts.ranking_month = own_limits.ranking_month
            and counts.connector = own_limits.scope
    left join limits as general_limits
        on
            counts.ranking_month = general_limits.ranking_month
            and general_limits.scope = ''
)

select * from final
