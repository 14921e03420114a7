-- One row is one account in force in a ranking month that has no rows in it, while rows under other keys carry its name.
{%- set months = months_of_the_build().split(",") %}
with accounts as (
    select * from {{ ref('int_registry__accounts') }}
),

account_keys as (
    select * from {{ ref('int_registry__account_keys') }}
),

months as (
    select * from {{ ref('int_months') }}
),

-- The months are written out, so that a question about one month opens the files of one.
records as (
    {%- for month in months %}
    select
        '{{ month }}' as ranking_month,
        channel_type,
        account_name_raw,
        account_key,
        account_key_type,
        count(distinct record_id) as row_count
    from {{ source('raw', 'records') }}
    where month = '{{ month }}'
    group by
        channel_type,
        account_name_raw,
        account_key,
        account_key_type
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

named_records as (
    select
        *,
        {{ normal_name('account_name_raw') }} as normal_account_name,
        {{ normal_name('coalesce(account_key, account_name_raw)') }} as normal_key
    from records
),

identified as (
    select
        records.ranking_month,
        records.channel_type,
        records.normal_account_name,
        records.row_count,
        coalesce(account_by_key.account_id, account_by_name.account_id) as account_id
    from named_records as records
    left join account_keys as account_by_key
        on
            account_by_key.key_kind = 'key'
            and records.channel_type = account_by_key.platform
            and records.account_key = account_by_key.account_key
    left join account_keys as account_by_name
        on {{ means_by_name('records', 'account_by_name') }}
),

seen as (
    select distinct
        ranking_month,
        account_id
    from identified
),

named as (
    select
        identified.ranking_month,
        account_keys.account_id,
        sum(identified.row_count) as row_count
    from identified
    inner join account_keys
        on
            account_keys.key_kind = 'name'
            and identified.channel_type = account_keys.platform
            and identified.normal_account_name = account_keys.account_key
    where identified.account_id is null
    group by
        identified.ranking_month,
        account_keys.account_id
),

final as (
    select
        months.ranking_month,
        accounts.account_id,
        min(accounts.account_name) as account_name,
        cast(max(named.row_count) as bigint) as row_count
    from months
    inner join accounts
        on {{ in_force_during('accounts', 'months.month_start', 'months.month_end') }}
    inner join named
        on
            months.ranking_month = named.ranking_month
            and accounts.account_id = named.account_id
    left join seen
        on
            months.ranking_month = seen.ranking_month
            and accounts.account_id = seen.account_id
    where seen.account_id is null
    group by
        months.ranking_month,
        accounts.account_id
)

select * from final
