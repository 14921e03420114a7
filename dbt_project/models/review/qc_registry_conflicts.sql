-- One row is one pair of rows of the newest registry that cannot both hold at a time: an account under two units, or a
-- unit under two names or lists.
{{ config(materialized='table') }}
with accounts as (
    {{ newest_registry('accounts', 'account_id') }}
),

units as (
    {{ newest_registry('units', 'unit_id') }}
),

told as (
    select
        'account' as kind, account_id as id, account_name as name, unit_id as says, load_key, export_sha256, source_row,
        coalesce({{ local_time('valid_from') }}, timestamp '0001-01-01 00:00:00') as valid_from,
        coalesce({{ local_time('valid_to') }}, timestamp '9999-12-31 00:00:00') as valid_to
    from accounts
    union all
    select
        'unit', unit_id, unit_name, concat_ws('/', unit_name, ranking_list), load_key, export_sha256, source_row,
        coalesce(cast(valid_from as timestamp), timestamp '0001-01-01 00:00:00'),
        coalesce(cast(valid_to as timestamp), timestamp '9999-12-31 00:00:00')
    from units
)

select
    a.kind, a.id, a.name, greatest(a.valid_from, b.valid_from) as conflict_from, least(a.valid_to, b.valid_to) as conflict_to,
    a.says, a.source_row, b.says as other_says, b.source_row as other_source_row, a.export_sha256
from told as a
join told as b on a.kind = b.kind and a.id = b.id and a.load_key = b.load_key and a.source_row < b.source_row
where a.says <> b.says and a.valid_from < b.valid_to and b.valid_from < a.valid_to
