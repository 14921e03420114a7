-- One row is one pair of rows of the newest registry that cannot both hold at a time: an account under two units, or a
-- unit under two names or lists.
{{ config(materialized='table') }}
with accounts as (
    select * from {{ ref('stg_accounts') }}
),

units as (
    select * from {{ ref('stg_units') }}
),

exports as (
    select * from {{ ref('int_registry__deliveries') }}
    where is_in_force
),

newest_accounts as (
    {{ newest_registry('accounts', 'account_id') }}
),

newest_units as (
    {{ newest_registry('units', 'unit_id') }}
),

spans as (
    select
        'account' as kind,
        account_id as id,
        account_name as name,
        unit_id as declared,
        load_key,
        export_sha256,
        source_row,
        valid_from,
        valid_to
    from newest_accounts
    union all
    select
        'unit' as kind,
        unit_id as id,
        unit_name as name,
        concat_ws('/', unit_name, ranking_list) as declared,
        load_key,
        export_sha256,
        source_row,
        cast(valid_from as timestamp) as valid_from,
        cast(valid_to as timestamp) as valid_to
    from newest_units
),

final as (
    select
        spans.kind,
        spans.id,
        spans.name,
        greatest(spans.valid_from, others.valid_from) as conflict_from,
        least(spans.valid_to, others.valid_to) as conflict_to,
        spans.declared,
        spans.source_row,
        others.declared as other_declared,
        others.source_row as other_source_row,
        spans.export_sha256
    from spans
    inner join spans as others
        on
            spans.kind = others.kind
            and spans.id = others.id
            and spans.load_key = others.load_key
            and spans.source_row < others.source_row
    where
        spans.declared <> others.declared
        and spans.valid_from < others.valid_to
        and others.valid_from < spans.valid_to
)

select * from final
