-- One row is one published rival index of one account or unit in a ranking month, on the same facts as our scores.
with terms as (
    select
        v.ranking_month, v.entity_kind, v.entity_id, v.unit_id, i.index_id, i.scale, i.power,
        t.weight * ln(1.0 + t.multiplier * case
            when v.is_average and i.average_decimals is not null then round(v.value, i.average_decimals) else v.value
        end) as part,
        v.value
    from {{ ref('int_rival_variables') }} as v
    join (select * from {{ ref('int_months') }} where {{ in_months('ranking_month') }}) as m on v.ranking_month = m.ranking_month
    join {{ ref('rival_indices') }} as i
        on v.platform = coalesce(i.platform, '') and i.valid_from <= m.month_start
        and (i.valid_to is null or m.month_start < i.valid_to)
    join {{ ref('rival_terms') }} as t on i.index_id = t.index_id and v.variable = t.variable
)

select
    ranking_month, entity_kind, entity_id, unit_id, index_id,
    -- A variable that nobody knows leaves the index unknown.
    case when count(value) = count(*)
        then cast(round(max(scale) * power(sum(part), max(power)), 6) as decimal(18, 6))
    end as value
from terms
group by ranking_month, entity_kind, entity_id, unit_id, index_id
