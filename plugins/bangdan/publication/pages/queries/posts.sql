-- One row is one of the ten posts of a unit that contribute most.
select
    posts.post_id,
    posts.unit_id,
    posts.title,
    strftime(posts.published_at, '%Y-%m-%d %H:%M') as published_at,
    account_scores.account_name,
    posts.reprint_count,
    posts.dissemination_contribution,
    posts.influence_contribution,
    case when posts.url like 'http%' then posts.url end as link
from posts
left join account_scores
    on posts.account_id = account_scores.account_id
    and posts.unit_id = account_scores.unit_id
where posts.reprint_count > 0
qualify row_number() over (
    partition by posts.unit_id
    order by posts.dissemination_contribution + posts.influence_contribution desc, posts.post_id
) <= 10
order by posts.dissemination_contribution + posts.influence_contribution desc, posts.post_id
