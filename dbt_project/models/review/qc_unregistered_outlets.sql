-- One row is one outlet that is in no registry, of a channel type that the registry closes, and one unit whose posts it
-- carried in a ranking month: reprints that do not count, and the ranks that the unit would have if all such did.
with matches as (
    select * from {{ ref('int_reprints__matched') }}
    where
        is_match_counted
        and is_in_window
        and is_post_counted
        and not is_outlet_admitted
        and outlet_id is not null
        and {{ in_months('ranking_month') }}
),

indicators as (
    select * from {{ ref('fct_unit_month_indicators') }}
    where {{ in_months('ranking_month') }}
),

scores as (
    select * from {{ ref('fct_unit_month_scores') }}
    where {{ in_months('ranking_month') }}
),

reprints as (
    select
        ranking_month,
        unit_id,
        channel_type,
        outlet_id,
        post_id,
        max(read_count) as read_count,
        max(like_count) as like_count,
        max(comment_count) as comment_count
    from matches
    group by ranking_month, unit_id, channel_type, outlet_id, post_id
),

left_out as (
    select
        ranking_month,
        unit_id,
        channel_type as indicator_id,
        cast(count(*) as bigint) as value
    from reprints
    group by ranking_month, unit_id, channel_type
    {%- for metric in ['read', 'like', 'comment'] %}
    union all
    select
        ranking_month,
        unit_id,
        '{{ metric }}' as indicator_id,
        cast(coalesce(sum({{ metric }}_count), 0) as bigint) as value
    from reprints
    group by ranking_month, unit_id
    {%- endfor %}
),

values_with_all as (
    select
        indicators.ranking_month,
        indicators.unit_id,
        indicators.dimension,
        indicators.weight,
        indicators.goalpost,
        indicators.transformation,
        coalesce(indicators.value, 0) + coalesce(left_out.value, 0) as value
    from indicators
    left join left_out
        on
            indicators.ranking_month = left_out.ranking_month
            and indicators.unit_id = left_out.unit_id
            and indicators.indicator_id = left_out.indicator_id
),

base_with_all as (
    select
        ranking_month,
        unit_id,
        dimension,
        sum(100 * weight * {{ term('value', 'goalpost', 'transformation') }}) as base_score
    from values_with_all
    group by ranking_month, unit_id, dimension
),

scores_with_all as (
    select
        scores.ranking_month,
        scores.ranking_list,
        scores.dimension,
        scores.unit_id,
        scores.rank,
        round(base_with_all.base_score + scores.bonus_points, 2) as score
    from scores
    inner join base_with_all
        on
            scores.ranking_month = base_with_all.ranking_month
            and scores.unit_id = base_with_all.unit_id
            and scores.dimension = base_with_all.dimension
),

ranks as (
    select
        units.ranking_month,
        units.unit_id,
        units.dimension,
        units.rank,
        1 + count(others.unit_id) as rank_with_all
    from scores_with_all as units
    left join scores as others
        on
            units.ranking_month = others.ranking_month
            and units.ranking_list = others.ranking_list
            and units.dimension = others.dimension
            and units.unit_id <> others.unit_id
            and units.score < others.score
            and others.is_ranked
    group by units.ranking_month, units.unit_id, units.dimension, units.rank
),

final as (
    select
        reprints.ranking_month,
        reprints.unit_id,
        reprints.outlet_id,
        reprints.channel_type,
        count(*) as reprint_count,
        cast(sum(reprints.read_count) as bigint) as read_count,
        max(dissemination.rank) as dissemination_rank,
        max(dissemination.rank_with_all) as dissemination_rank_with_all,
        max(influence.rank) as influence_rank,
        max(influence.rank_with_all) as influence_rank_with_all
    from reprints
    left join ranks as dissemination
        on
            reprints.ranking_month = dissemination.ranking_month
            and reprints.unit_id = dissemination.unit_id
            and dissemination.dimension = 'dissemination'
    left join ranks as influence
        on
            reprints.ranking_month = influence.ranking_month
            and reprints.unit_id = influence.unit_id
            and influence.dimension = 'influence'
    group by reprints.ranking_month, reprints.unit_id, reprints.outlet_id, reprints.channel_type
)

select * from final
