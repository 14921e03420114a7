-- One row is one sub-topic of a theme declared for a ranking month, with its posts.
select
    cast(p.ranking_month as varchar) as ranking_month, cast(t.theme_id as varchar) as theme_id,
    cast(t.subtopic_id as varchar) as subtopic_id, cast(min(s.subtopic_name) as varchar) as name,
    cast(min(s.subtopic_name_en) as varchar) as name_en, cast(count(distinct p.post_id) as bigint) as post_count
from {{ ref('int_posts__themed') }} as t
join {{ ref('fct_posts') }} as p on t.ranking_month = p.ranking_month and t.post_id = p.post_id
join {{ ref('subtopics') }} as s on t.theme_id = s.theme_id and t.subtopic_id = s.subtopic_id
where p.is_counted and {{ in_months('p.ranking_month') }}
group by p.ranking_month, t.theme_id, t.subtopic_id
