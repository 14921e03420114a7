-- One row is one span of a unit's life under one name and list, as the latest received registry tells it.
with told as (
    {{ newest_registry('units', 'unit_id') }}
),

spans as (
    select
        *,
        row_number() over (partition by unit_id, valid_from order by source_row desc) as nth
    from told
)

select
    unit_id, unit_name, unit_name_en, unit_type, ranking_list, aliases,
    coalesce(valid_from, date '0001-01-01') as valid_from,
    coalesce(valid_to, date '9999-12-31') as valid_to,
    export_sha256, source_row
from spans where nth = 1
