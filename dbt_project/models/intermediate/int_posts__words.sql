-- One row is one post of a ranking month with its words in simplified characters, as themes and subjects look for them.
select
    p.ranking_month, m.month_start, p.post_id,
    {{ simplified("coalesce(p.title, '') || chr(10) || coalesce(p.text, '')") }} as words,
    {{ simplified("',' || coalesce(array_to_string(p.topics, ','), '') || ','") }} as hashtags
from {{ ref('int_posts__attributed') }} as p
join (select * from {{ ref('int_months') }} where {{ in_months('ranking_month') }}) as m on p.ranking_month = m.ranking_month
where {{ in_months('p.ranking_month') }}
