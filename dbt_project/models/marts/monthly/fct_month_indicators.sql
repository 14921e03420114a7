-- One row is one indicator of one unit or account in a ranking month: value, normalised term and exact contribution.
with indicator_values as (
    select * from {{ ref('fct_indicator_values') }}
),

terms as (
    select
        *,
        case
            when value is null then cast(0 as decimal(14, 12))
            else {{ term('value', 'goalpost', 'transformation') }}
        end as term
    from indicator_values
),

final as (
    select
        ranking_month,
        method_version,
        entity_kind,
        entity_id,
        unit_id,
        dimension,
        indicator_id,

        transformation,

        position,
        cast(weight as decimal(4, 2)) as weight,
        goalpost,
        value,
        coverage,
        capped_count,
        term,
        -- Weights have two decimals, so 100 · weight · term has no more than twelve: exact.
        cast(cast(weight as decimal(4, 2)) * 100 as decimal(6, 0)) * term as contribution
    from terms
)

select * from final
