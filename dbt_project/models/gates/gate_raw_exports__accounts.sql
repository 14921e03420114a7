-- One row is one registered account with enough rows in a ranking month or the month before it, where both are loaded.
{%- set months = months_of_the_build().split(",") %}

with accounts as (
    select
        platform,
        account_key,
        account_id
    from {{ ref('int_registry__account_keys') }}
    where key_kind = 'key'
),

limits as (
    select * from {{ ref('int_quality_limits') }}
    where
        measure = 'account_rows_least'
        and scope = ''
),

-- The months are written out, so that a question about one month opens the files of two.
records as (
    {%- for month in months %}
    select
        '{{ month }}' as ranking_month,
        month = '{{ month }}' as is_of_the_month,
        channel_type,
        account_key,
        record_id
    from {{ source('raw', 'records') }}
    where month in ('{{ month_plus(month, -1) | trim }}', '{{ month }}')
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

counts as (
    select
        records.ranking_month,
        accounts.account_id,
        count(distinct case when records.is_of_the_month then records.record_id end) as row_count,
        count(distinct case when not records.is_of_the_month then records.record_id end) as earlier_row_count
    from records
    inner join accounts
        on
            records.channel_type = accounts.platform
            and records.account_key = accounts.account_key
    group by
        records.ranking_month,
        accounts.account_id
),

compared as (
    select
        *,
        sum(earlier_row_count) over (partition by ranking_month) as earlier_rows_of_all
    from counts
),

final as (
    select
        compared.ranking_month,
        compared.account_id,
        compared.row_count,
        compared.earlier_row_count,
        cast(greatest(compared.row_count, compared.earlier_row_count) as double)
            / greatest(least(compared.row_count, compared.earlier_row_count), 1) as factor
    from compared
    inner join limits
        on compared.ranking_month = limits.ranking_month
    where
        compared.earlier_rows_of_all > 0
        and greatest(compared.row_count, compared.earlier_row_count) >= limits.value
)

select * from final
