-- No month has two method versions in force. A row is two versions that are; trial versions lie beyond the year 9999.
with versions as (
    select
        method_version,
        valid_from,
        coalesce(valid_to, date '9999-01-01') as valid_to
    from {{ ref('method_versions') }}
),

final as (
    select
        versions.method_version,
        other_versions.method_version as other_version
    from versions
    inner join versions as other_versions
        on
            versions.method_version < other_versions.method_version
            and versions.valid_from < other_versions.valid_to
            and versions.valid_to > other_versions.valid_from
)

select * from final
