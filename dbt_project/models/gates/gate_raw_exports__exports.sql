-- One row is one ranking month, over the exports that hold rows of it.
with months as (
    select * from {{ ref('int_months') }}
),

exports as (
    select * from {{ source('raw', 'export_manifest') }}
),

-- A refused file is in no month: it is reported in each.
refused as (
    select count(*) as refused_count
    from exports
    where status = 'refused'
),

final as (
    select
        months.ranking_month,
        count(exports.export_id) as export_count,
        cast(
            coalesce(sum(exports.rows_read - exports.accepted - exports.rejected - exports.duplicate), 0) as bigint
        ) as unaccounted,
        max(refused.refused_count) as refused_count
    from months
    cross join refused
    left join exports
        on {{ has_element('exports.months', 'months.ranking_month') }}
    group by months.ranking_month
)

select * from final
