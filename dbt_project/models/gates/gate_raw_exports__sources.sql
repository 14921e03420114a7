-- One row is one connector with rows of a ranking month, with the share of rows that it rejected and may reject.
with months as (
    select * from {{ ref('int_months') }}
),

exports as (
    select * from {{ source('raw', 'export_manifest') }}
),

limits as (
    select * from {{ ref('int_quality_limits') }}
    where measure = 'rejected_share'
),

sources as (
    select
        months.ranking_month,
        exports.connector,
        cast(sum(exports.rows_read) as bigint) as rows_read,
        cast(sum(exports.rejected) as bigint) as rejected
    from months
    inner join exports
        on {{ has_element('exports.months', 'months.ranking_month') }}
    group by
        months.ranking_month,
        exports.connector
),

final as (
    select
        sources.ranking_month,
        sources.connector,
        sources.rows_read,
        sources.rejected,
        coalesce(cast(sources.rejected as double) / nullif(sources.rows_read, 0), 0) as rejected_share,
        coalesce(own_limits.value, general_limits.value) as allowed_share
    from sources
    left join limits as own_limits
        on
            sources.ranking_month = own_limits.ranking_month
            and sources.connector = own_limits.scope
    left join limits as general_limits
        on
            sources.ranking_month = general_limits.ranking_month
            and general_limits.scope = ''
)

select * from final
