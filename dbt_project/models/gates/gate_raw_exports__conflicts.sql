-- One row is one pair of registry rows that cannot both hold in a ranking month: an account under two units, or a unit
-- under two names.
with months as (
    select * from {{ ref('int_months') }}
),

conflicts as (
    select * from {{ ref('qc_registry_conflicts') }}
),

final as (
    select
        months.ranking_month,
        conflicts.kind,
        conflicts.id,
        conflicts.name,
        conflicts.declared,
        conflicts.source_row,
        conflicts.other_declared,
        conflicts.other_source_row,
        conflicts.export_sha256
    from months
    inner join conflicts
        on
            months.month_end > conflicts.conflict_from
            and months.month_start < conflicts.conflict_to
)

select * from final
