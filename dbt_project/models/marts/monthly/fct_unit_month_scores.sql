-- One row is one unit's score and rank in one dimension of a ranking month.
with base as (
    select ranking_month, method_version, unit_id, dimension, cast(sum(contribution) as decimal(20, 12)) as base_score,
        -- A capped count is a lower bound: the most it can hide is the rest of its indicator's weight.
        cast(sum(case when capped_count > 0 then cast(weight * 100 as decimal(14, 12)) else contribution end) as decimal(20, 12)) as highest_base_score
    from {{ ref('fct_unit_month_indicators') }}
    where {{ in_months('ranking_month') }}
    group by ranking_month, method_version, unit_id, dimension
),

bonus as (
    select
        b.ranking_month, b.unit_id, cast(least(max(m.bonus_ceiling), sum(b.bonus_points)) as decimal(20, 12)) as bonus_points
    from {{ ref('fct_unit_month_bonus') }} as b
    join (select * from {{ ref('int_months') }} where {{ in_months('ranking_month') }}) as m on b.ranking_month = m.ranking_month
    group by b.ranking_month, b.unit_id
),

scored as (
    select
        u.ranking_month, base.method_version, u.ranking_list, base.dimension, u.unit_id, base.base_score, base.highest_base_score,
        coalesce(bonus.bonus_points, cast(0 as decimal(20, 12))) as bonus_points,
        u.account_count > 0 as is_ranked, u.post_count, u.platform_count, u.first_platform, u.moved_account_count,
        cast(round(base.base_score + coalesce(bonus.bonus_points, cast(0 as decimal(20, 12))), 2) as decimal(6, 2)) as score,
        cast(round(base.base_score, 2) as decimal(6, 2)) as score_without_bonus,
        cast(round(base.highest_base_score + coalesce(bonus.bonus_points, cast(0 as decimal(20, 12))), 2) as decimal(6, 2)) as highest_score
    from {{ ref('fct_unit_months') }} as u
    join base on u.ranking_month = base.ranking_month and u.unit_id = base.unit_id
    left join bonus on u.ranking_month = bonus.ranking_month and u.unit_id = bonus.unit_id
    where {{ in_months('u.ranking_month') }}
),

ranked as (
    select
        ranking_month, method_version, ranking_list, dimension, unit_id, base_score, bonus_points, score, highest_score, is_ranked,
        case when is_ranked then
            cast(rank() over (partition by ranking_month, ranking_list, dimension, is_ranked order by score desc) as integer)
        end as rank,
        case when is_ranked then
            cast(rank() over (partition by ranking_month, ranking_list, dimension, is_ranked order by score_without_bonus desc) as integer)
        end as rank_without_bonus,
        concat_ws(
            '；',
            case when not is_ranked then '不参评' end,
            case when is_ranked and post_count = 0 then '无活动' end,
            case when platform_count = 1 and first_platform = 'wechat' then '仅微信' end,
            case when platform_count = 1 and first_platform = 'weibo' then '仅微博' end,
            case when moved_account_count > 0 then '账号划转' end
        ) as note
    from scored
),

-- If every cap hid as much as it could: the best and the worst rank that the others then leave.
bounds as (
    select
        a.ranking_month, a.dimension, a.unit_id,
        cast(1 + count(case when b.score > a.highest_score then 1 end) as integer) as cap_rank_low,
        cast(1 + count(case when b.highest_score > a.score then 1 end) as integer) as cap_rank_high
    from ranked as a
    left join ranked as b
        on a.ranking_month = b.ranking_month and a.ranking_list = b.ranking_list and a.dimension = b.dimension
        and a.unit_id <> b.unit_id and b.is_ranked
    where a.is_ranked
    group by a.ranking_month, a.dimension, a.unit_id
)

select ranked.*, bounds.cap_rank_low, bounds.cap_rank_high
from ranked
left join bounds
    on ranked.ranking_month = bounds.ranking_month and ranked.dimension = bounds.dimension and ranked.unit_id = bounds.unit_id
