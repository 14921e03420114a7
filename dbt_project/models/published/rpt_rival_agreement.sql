-- One row is one rival index beside one list and dimension of a ranking month: how far the two orders agree.
with sides as (
    select s.ranking_month, s.ranking_list, s.dimension, r.index_id, s.unit_id, s.score, r.value
    from {{ ref('fct_unit_month_scores') }} as s
    join {{ ref('fct_rival_indices') }} as r
        on s.ranking_month = r.ranking_month and r.entity_kind = 'unit' and s.unit_id = r.entity_id
    where s.is_ranked and r.value is not null and {{ in_months('s.ranking_month') }}
),

pairs as (
    select
        a.ranking_month, a.ranking_list, a.dimension, a.index_id,
        count(case when (a.score > b.score and a.value > b.value) or (a.score < b.score and a.value < b.value) then 1 end) as concordant,
        count(case when (a.score > b.score and a.value < b.value) or (a.score < b.score and a.value > b.value) then 1 end) as discordant,
        count(case when a.score <> b.score then 1 end) as untied_here,
        count(case when a.value <> b.value then 1 end) as untied_there
    from sides as a
    join sides as b
        on a.ranking_month = b.ranking_month and a.ranking_list = b.ranking_list and a.dimension = b.dimension
        and a.index_id = b.index_id and a.unit_id < b.unit_id
    group by a.ranking_month, a.ranking_list, a.dimension, a.index_id
),

sizes as (
    select ranking_month, ranking_list, dimension, index_id, count(*) as unit_count from sides
    group by ranking_month, ranking_list, dimension, index_id
)

select
    cast(s.ranking_month as varchar) as ranking_month, cast(s.ranking_list as varchar) as ranking_list,
    cast(s.dimension as varchar) as dimension, cast(s.index_id as varchar) as index_id, cast(i.index_name as varchar) as name,
    cast(i.index_name_en as varchar) as name_en, cast(s.unit_count as bigint) as unit_count,
    -- Kendall's tau-b: ties on either side count for neither.
    cast(round(
        cast(p.concordant - p.discordant as double) / nullif(sqrt(cast(p.untied_here as double) * p.untied_there), 0), 6
    ) as decimal(9, 6)) as kendall_tau
from sizes as s
join {{ ref('rival_indices') }} as i on s.index_id = i.index_id
left join pairs as p
    on s.ranking_month = p.ranking_month and s.ranking_list = p.ranking_list and s.dimension = p.dimension
    and s.index_id = p.index_id
