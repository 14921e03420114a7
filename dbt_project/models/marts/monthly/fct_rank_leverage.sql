-- One row is one ranked unit, dimension and kind of part in a ranking month, with the score and rank that the unit has
-- without the part of that kind that it gains most by.
{%- set kinds = [
    'largest_item', 'largest_outlet', 'largest_group', 'one_sided_exports', 'unregistered', 'link_only', 'busiest_day',
] %}
with scores as (
    select * from {{ ref('fct_unit_month_scores') }}
    where
        is_ranked
        and {{ in_months('ranking_month') }}
),

indicators as (
    select
        *,
        -- In units of 10^-12 points, as whole numbers.
        {{ whole_number('contribution * 1000000000000') }} as picopoints
    from {{ ref('fct_unit_month_indicators') }}
    where {{ in_months('ranking_month') }}
),

method_indicators as (
    select * from {{ ref('method_indicators') }}
),

parts as (
    select * from {{ ref('fct_reprint_parts') }}
    where part_id <> ''
),

part_values as (
    select * from {{ ref('fct_part_values') }}
),

indicator_losses as (
    select
        indicators.ranking_month,
        indicators.unit_id,
        indicators.dimension,
        part_values.kind,
        part_values.part_id,
        {{ whole_division('indicators.picopoints * part_values.value', 'indicators.value') }} as picopoints,
        indicators.contribution
        - cast(cast(indicators.weight as decimal(4, 2)) * 100 as decimal(6, 0))
        * {{ term('indicators.value - part_values.value', 'indicators.goalpost', 'indicators.transformation') }}
            as points_lost
    from indicators
    inner join method_indicators
        on
            indicators.method_version = method_indicators.method_version
            and indicators.dimension = method_indicators.dimension
            and indicators.indicator_id = method_indicators.indicator_id
    inner join part_values
        on
            indicators.ranking_month = part_values.ranking_month
            and indicators.unit_id = part_values.unit_id
            and method_indicators.source_kind = part_values.source_kind
            and method_indicators.source_name = part_values.source_name
    where indicators.value > 0
),

losses as (
    select
        ranking_month,
        unit_id,
        dimension,
        kind,
        part_id,
        sum(picopoints) as picopoints,
        cast(sum(points_lost) as decimal(20, 12)) as points_lost
    from indicator_losses
    group by
        ranking_month,
        unit_id,
        dimension,
        kind,
        part_id
),

numbered_losses as (
    select
        *,
        row_number() over (
            partition by ranking_month, unit_id, dimension, kind
            order by points_lost desc, part_id asc
        ) as number_in_kind
    from losses
),

part_sizes as (
    select
        ranking_month,
        unit_id,
        kind,
        part_id,
        min(outlet_id) as outlet_id,
        count(distinct item_id) as item_count,
        count(distinct outlet_id) as outlet_count
    from parts
    group by
        ranking_month,
        unit_id,
        kind,
        part_id
),

kinds as (
    {%- for kind in kinds %}
    select
        '{{ kind }}' as kind,
        -- What is not one thing but a sort of evidence is left out for every unit of the list.
        {{ kind in ['unregistered', 'link_only'] }} as is_for_all_units
    {{- ' union all' if not loop.last }}
    {%- endfor %}
),

left_out as (
    select
        scores.ranking_month,
        scores.method_version,
        scores.ranking_list,
        scores.dimension,
        scores.unit_id,
        kinds.kind,
        kinds.is_for_all_units,
        losses.part_id,
        coalesce(losses.picopoints, 0) as picopoints,
        scores.base_score,
        scores.score,
        scores.rank,
        cast(
            round(scores.base_score - coalesce(losses.points_lost, 0) + scores.bonus_points, 2) as decimal(6, 2)
        ) as score_without
    from scores
    cross join kinds
    left join numbered_losses as losses
        on
            scores.ranking_month = losses.ranking_month
            and scores.unit_id = losses.unit_id
            and scores.dimension = losses.dimension
            and kinds.kind = losses.kind
            and losses.number_in_kind = 1
),

ranks_without as (
    select
        units.ranking_month,
        units.dimension,
        units.unit_id,
        units.kind,
        cast(1 + count(
            case
                when
                    case when units.is_for_all_units then others.score_without else others.score end
                    > units.score_without
                    then 1
            end
        ) as integer) as rank_without
    from left_out as units
    inner join left_out as others
        on
            units.ranking_month = others.ranking_month
            and units.ranking_list = others.ranking_list
            and units.dimension = others.dimension
            and units.kind = others.kind
            and units.unit_id <> others.unit_id
    group by
        units.ranking_month,
        units.dimension,
        units.unit_id,
        units.kind
),

final as (
    select
        left_out.ranking_month,
        left_out.method_version,
        left_out.ranking_list,
        left_out.dimension,
        left_out.unit_id,
        left_out.kind,
        left_out.part_id,
        part_sizes.outlet_id,

        coalesce(part_sizes.item_count, 0) as item_count,
        coalesce(part_sizes.outlet_count, 0) as outlet_count,
        {{ ratio('left_out.picopoints', whole_number('left_out.base_score * 1000000000000')) }} as points_share,
        left_out.score,
        left_out.score_without,
        left_out.rank,
        coalesce(ranks_without.rank_without, 1) as rank_without
    from left_out
    left join ranks_without
        on
            left_out.ranking_month = ranks_without.ranking_month
            and left_out.dimension = ranks_without.dimension
            and left_out.unit_id = ranks_without.unit_id
            and left_out.kind = ranks_without.kind
    left join part_sizes
        on
            left_out.ranking_month = part_sizes.ranking_month
            and left_out.unit_id = part_sizes.unit_id
            and left_out.kind = part_sizes.kind
            and left_out.part_id = part_sizes.part_id
)

select * from final
