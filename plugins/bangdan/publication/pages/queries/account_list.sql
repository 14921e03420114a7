-- One row is an account of a unit, with its places among the accounts of its platform. An account without a post in the
-- month, or without a score in a dimension, has no place there.
with accounts as (
    select
        account_id,
        unit_id,
        account_name,
        platform,
        post_count,
        original_count,
        reprint_count,
        read_count,
        like_count,
        comment_count,
        cast(round(dissemination_score, 2) as decimal(6, 2)) as dissemination_score,
        cast(round(influence_score, 2) as decimal(6, 2)) as influence_score
    from account_scores
),

units as (
    select distinct
        unit_id,
        unit_name,
        unit_name_en
    from ranking
),

places as (
    select
        account_id,
        unit_id,
        case when dissemination_score is not null then
            rank() over (partition by platform order by dissemination_score desc nulls last)
        end as dissemination_rank,
        case when influence_score is not null then
            rank() over (partition by platform order by influence_score desc nulls last)
        end as influence_rank
    from accounts
    where post_count > 0
),

final as (
    select
        accounts.platform,
        places.dissemination_rank,
        places.influence_rank,
        accounts.account_id,
        accounts.account_name,
        accounts.unit_id,
        units.unit_name,
        units.unit_name_en,
        accounts.post_count,
        accounts.original_count,
        accounts.reprint_count,
        accounts.read_count,
        accounts.like_count,
        accounts.comment_count,
        accounts.dissemination_score,
        accounts.influence_score
    from accounts
    inner join units on accounts.unit_id = units.unit_id
    left join places
        on accounts.account_id = places.account_id
        and accounts.unit_id = places.unit_id
)

select * from final
order by platform, dissemination_rank nulls last, influence_rank nulls last, account_id, unit_id
