-- One row is one rival index against one list and dimension of a ranking month: how far the two orders agree.
with scores as (
    select * from {{ ref('fct_unit_month_scores') }}
    where
        is_ranked
        and {{ in_months('ranking_month') }}
),

rival_values as (
    select * from {{ ref('fct_rival_indices') }}
    where
        entity_kind = 'unit'
        and value is not null
        and {{ in_months('ranking_month') }}
),

indices as (
    select * from {{ ref('rival_indices') }}
),

units as (
    select
        scores.ranking_month,
        scores.ranking_list,
        scores.dimension,
        rival_values.index_id,
        scores.unit_id,
        scores.score,
        rival_values.value
    from scores
    inner join rival_values
        on
            scores.ranking_month = rival_values.ranking_month
            and scores.unit_id = rival_values.entity_id
),

pairs as (
    select
        units.ranking_month,
        units.ranking_list,
        units.dimension,
        units.index_id,
        sign(units.score - others.score) as order_by_score,
        sign(units.value - others.value) as order_by_index
    from units
    inner join units as others
        on
            units.ranking_month = others.ranking_month
            and units.ranking_list = others.ranking_list
            and units.dimension = others.dimension
            and units.index_id = others.index_id
            and units.unit_id < others.unit_id
),

pair_counts as (
    select
        ranking_month,
        ranking_list,
        dimension,
        index_id,
        count(case when order_by_score = order_by_index and order_by_score <> 0 then 1 end) as concordant_count,
        count(case when order_by_score = -order_by_index and order_by_score <> 0 then 1 end) as discordant_count,
        count(case when order_by_score <> 0 then 1 end) as untied_by_score_count,
        count(case when order_by_index <> 0 then 1 end) as untied_by_index_count
    from pairs
    group by ranking_month, ranking_list, dimension, index_id
),

unit_counts as (
    select
        ranking_month,
        ranking_list,
        dimension,
        index_id,
        count(*) as unit_count
    from units
    group by ranking_month, ranking_list, dimension, index_id
),

final as (
    select
        unit_counts.ranking_month,
        unit_counts.ranking_list,
        unit_counts.dimension,
        unit_counts.index_id,
        indices.index_name as name,
        indices.index_name_en as name_en,
        unit_counts.unit_count,
        -- Kendall's tau-b: ties on either side count for neither.
        cast(round(
            cast(pair_counts.concordant_count - pair_counts.discordant_count as double)
            / nullif(
                sqrt(cast(pair_counts.untied_by_score_count as double) * pair_counts.untied_by_index_count), 0
            ),
            6
        ) as decimal(9, 6)) as kendall_tau
    from unit_counts
    inner join indices
        on unit_counts.index_id = indices.index_id
    left join pair_counts
        on
            unit_counts.ranking_month = pair_counts.ranking_month
            and unit_counts.ranking_list = pair_counts.ranking_list
            and unit_counts.dimension = pair_counts.dimension
            and unit_counts.index_id = pair_counts.index_id
)

select * from final
