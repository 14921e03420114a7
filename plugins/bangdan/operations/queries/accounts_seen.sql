-- One row is one account or outlet, under one name, that the records $1 have, with its records of the month $2.
with records as (
    select
        load_key,
        channel_type,
        account_key_type,
        account_key,
        account_name_raw,
        month
    from read_parquet($1, hive_partitioning = true, hive_types = {'month': varchar})
),

accounts_of_exports as (
    select
        load_key,
        channel_type,
        max(account_key_type) as account_key_type,
        account_key,
        account_name_raw as account_name,
        count(*) as record_count,
        count(case when month = $2 then 1 end) as month_record_count
    from records
    group by load_key, channel_type, account_key, account_name_raw
),

with_totals as (
    select
        *,
        sum(record_count) over (partition by load_key) as export_record_count,
        sum(record_count) over (partition by load_key, channel_type, account_key) as account_record_count
    from accounts_of_exports
),

final as (
    select
        channel_type,
        max(account_key_type) as account_key_type,
        account_key,
        account_name,
        cast(sum(month_record_count) as bigint) as record_count,
        -- An export most of whose records are of one account was made for it.
        bool_or(2 * account_record_count > export_record_count) as has_export
    from with_totals
    group by channel_type, account_key, account_name
)

select * from final
order by record_count desc, channel_type, account_key, account_name
