-- What is declared about themes and subjects fits together: no term of something undeclared, no theme that no term can
-- find while it holds (it would earn nobody a bonus, in silence), no theme that holds twice at a time.
with themes as (
    select theme_id, valid_from, coalesce(valid_to, date '9999-01-01') as valid_to from {{ ref('themes') }}
),

terms as (
    select theme_id, valid_from, coalesce(valid_to, date '9999-01-01') as valid_to
    from {{ ref('theme_terms') }} where kind <> 'exclude'
)

select 'theme_terms' as seed, t.theme_id as id, t.term as told, 'there is no such theme' as problem
from {{ ref('theme_terms') }} as t
where t.theme_id not in (select theme_id from themes)
union all
select 'subtopics', s.theme_id, s.subtopic_id, 'there is no such theme'
from {{ ref('subtopics') }} as s
where s.theme_id not in (select theme_id from themes)
union all
select 'subtopic_terms', t.theme_id, t.subtopic_id, 'there is no such sub-topic'
from {{ ref('subtopic_terms') }} as t
left join {{ ref('subtopics') }} as s on t.theme_id = s.theme_id and t.subtopic_id = s.subtopic_id
where s.subtopic_id is null
union all
select 'subject_terms', t.subject_id, t.term, 'there is no such subject'
from {{ ref('subject_terms') }} as t
where t.subject_id not in (select subject_id from {{ ref('subjects') }})
union all
select distinct 'themes', theme.theme_id, cast(theme.valid_from as varchar), 'no term in force finds it'
from themes as theme
left join terms on theme.theme_id = terms.theme_id and terms.valid_from < theme.valid_to and theme.valid_from < terms.valid_to
where terms.theme_id is null
union all
select 'themes', a.theme_id, cast(b.valid_from as varchar), 'it is declared already at that time'
from themes as a
join themes as b on a.theme_id = b.theme_id and a.valid_from < b.valid_from and b.valid_from < a.valid_to
