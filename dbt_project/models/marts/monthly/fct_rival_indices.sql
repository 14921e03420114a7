-- One row is one published rival index of one account or unit in a ranking month, on the same facts as our scores.
with months as (
    select * from {{ ref('int_months') }}
    where {{ in_months('ranking_month') }}
),

variables as (
    select * from {{ ref('fct_rival_variables') }}
),

indices as (
    select * from {{ ref('rival_indices') }}
),

index_terms as (
    select * from {{ ref('rival_terms') }}
),

terms as (
    select
        variables.ranking_month,
        variables.entity_kind,
        variables.entity_id,
        variables.unit_id,
        indices.index_id,
        indices.scale,
        indices.power,
        variables.value,
        index_terms.weight * ln(1.0 + index_terms.multiplier * case
            when variables.is_average and indices.average_decimals is not null
                then {{ rounded('variables.value', 'indices.average_decimals') }}
            else variables.value
        end) as weighted_term
    from variables
    inner join months
        on variables.ranking_month = months.ranking_month
    inner join indices
        on
            variables.platform = coalesce(indices.platform, '')
            and {{ in_force('indices', 'months.month_start') }}
    inner join index_terms
        on
            indices.index_id = index_terms.index_id
            and variables.variable = index_terms.variable
),

final as (
    select
        ranking_month,
        entity_kind,
        entity_id,
        unit_id,
        index_id,

        -- One unknown variable leaves the index unknown.
        case when count(value) = count(*)
            then cast(
                round(max(scale) * power(sum(weighted_term), max(power)), 6) as decimal(18, 6)
            )
        end as value
    from terms
    group by ranking_month, entity_kind, entity_id, unit_id, index_id
)

select * from final
