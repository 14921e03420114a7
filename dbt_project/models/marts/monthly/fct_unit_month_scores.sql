-- One row is one unit's score and rank in one dimension of a ranking month.
with months as (
    select * from {{ ref('int_months') }}
    where {{ in_months('ranking_month') }}
),

units as (
    select * from {{ ref('fct_unit_months') }}
    where {{ in_months('ranking_month') }}
),

indicators as (
    select * from {{ ref('fct_unit_month_indicators') }}
    where {{ in_months('ranking_month') }}
),

bonus_of_theme as (
    select * from {{ ref('fct_unit_month_bonus') }}
    where {{ in_months('ranking_month') }}
),

base as (
    select
        ranking_month,
        method_version,
        unit_id,
        dimension,
        cast(sum(contribution) as decimal(20, 12)) as base_score,
        -- A capped count is a lower bound: the most it can hide is the rest of its indicator's weight.
        cast(sum(
            case when capped_count > 0 then cast(weight * 100 as decimal(14, 12)) else contribution end
        ) as decimal(20, 12)) as highest_base_score
    from indicators
    group by ranking_month, method_version, unit_id, dimension
),

bonus as (
    select
        bonus_of_theme.ranking_month,
        bonus_of_theme.unit_id,
        cast(
            least(max(months.bonus_ceiling), sum(bonus_of_theme.bonus_points)) as decimal(20, 12)
        ) as bonus_points
    from bonus_of_theme
    inner join months
        on bonus_of_theme.ranking_month = months.ranking_month
    group by bonus_of_theme.ranking_month, bonus_of_theme.unit_id
),

units_with_base_and_bonus as (
    select
        units.*,
        base.method_version,
        base.dimension,
        base.base_score,
        base.highest_base_score,
        coalesce(bonus.bonus_points, cast(0 as decimal(20, 12))) as bonus_points,
        units.account_count > 0 as is_ranked
    from units
    inner join base
        on
            units.ranking_month = base.ranking_month
            and units.unit_id = base.unit_id
    left join bonus
        on
            units.ranking_month = bonus.ranking_month
            and units.unit_id = bonus.unit_id
),

scored as (
    select
        *,
        cast(round(base_score + bonus_points, 2) as decimal(6, 2)) as score,
        cast(round(base_score, 2) as decimal(6, 2)) as score_without_bonus,
        cast(round(highest_base_score + bonus_points, 2) as decimal(6, 2)) as highest_score,
        concat_ws(
            '；',
            case when not is_ranked then '不参评' end,
            case when is_ranked and post_count = 0 then '无活动' end,
            case when platform_count = 1 and first_platform = 'wechat' then '仅微信' end,
            case when platform_count = 1 and first_platform = 'weibo' then '仅微博' end,
            case when moved_account_count > 0 then '账号划转' end
        ) as note
    from units_with_base_and_bonus
),

ranked as (
    select
        *,
        case when is_ranked then cast(rank() over (
            partition by ranking_month, ranking_list, dimension, is_ranked
            order by score desc
        ) as integer) end as rank,
        case when is_ranked then cast(rank() over (
            partition by ranking_month, ranking_list, dimension, is_ranked
            order by score_without_bonus desc
        ) as integer) end as rank_without_bonus
    from scored
),

-- If every cap hid as much as it could: the best and the worst rank that the others then leave.
ranks_without_caps as (
    select
        units.ranking_month,
        units.dimension,
        units.unit_id,
        cast(
            1 + count(case when others.score > units.highest_score then 1 end) as integer
        ) as cap_rank_low,
        cast(
            1 + count(case when others.highest_score > units.score then 1 end) as integer
        ) as cap_rank_high
    from scored as units
    left join scored as others
        on
            units.ranking_month = others.ranking_month
            and units.ranking_list = others.ranking_list
            and units.dimension = others.dimension
            and units.unit_id <> others.unit_id
            and others.is_ranked
    where units.is_ranked
    group by units.ranking_month, units.dimension, units.unit_id
),

final as (
    select
        ranked.ranking_month,
        ranked.method_version,
        ranked.ranking_list,
        ranked.dimension,
        ranked.unit_id,

        ranked.note,

        ranked.base_score,
        ranked.bonus_points,
        ranked.score,
        ranked.highest_score,
        ranked.rank,
        ranked.rank_without_bonus,
        ranks_without_caps.cap_rank_low,
        ranks_without_caps.cap_rank_high,

        ranked.is_ranked
    from ranked
    left join ranks_without_caps
        on
            ranked.ranking_month = ranks_without_caps.ranking_month
            and ranked.dimension = ranks_without_caps.dimension
            and ranked.unit_id = ranks_without_caps.unit_id
)

select * from final
