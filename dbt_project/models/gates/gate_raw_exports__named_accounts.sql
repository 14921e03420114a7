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

-- A name means an account where no key stands against it.
identified as (
    select
        records.ranking_month,
        records.row_count,
        by_key.account_id as account_id_by_key,
        by_name.account_id as account_id_by_name,
        records.account_key is null or records.account_key_type = 'name' as is_name_enough
    from records
    left join account_keys as by_key
        on
            by_key.key_kind = 'key'
            and records.channel_type = by_key.platform
            and records.account_key = by_key.account_key
    left join account_keys as by_name
        on
            by_name.key_kind = 'name'
            and records.channel_type = by_name.platform
            and {{ normal_name('coalesce(records.account_name_raw, records.account_key)') }} = by_name.account_key
),

seen as (
    select distinct
        ranking_month,
        coalesce(account_id_by_key, case when is_name_enough then account_id_by_name end) as account_id
    from identified
),

named as (
    select
        ranking_month,
        account_id_by_name as account_id,
        sum(row_count) as row_count
    from identified
    where account_id_by_key is null and not is_name_enough
    group by
        ranking_month,
        account_id_by_name
),

final as (
    select
        months.ranking_month,
        accounts.account_id,
        min(accounts.account_name) as account_name,
        max(named.row_count) as row_count
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
