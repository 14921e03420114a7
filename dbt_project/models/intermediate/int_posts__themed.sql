-- One row is one post under one declared theme and, where its text names one, one sub-topic of it.
with themes as (
    select m.ranking_month, m.month_start, t.theme_id
    from (select * from {{ ref('int_months') }} where {{ in_months('ranking_month') }}) as m
    join {{ ref('themes') }} as t
        on t.valid_from <= m.month_start and (t.valid_to is null or m.month_start < t.valid_to)
),

terms as (
    select themes.ranking_month, terms.theme_id, terms.kind, {{ simplified('terms.term') }} as term
    from themes
    join {{ ref('theme_terms') }} as terms
        on themes.theme_id = terms.theme_id
        and terms.valid_from <= themes.month_start and (terms.valid_to is null or themes.month_start < terms.valid_to)
),

texts as (
    select ranking_month, post_id, words, hashtags from {{ ref('int_posts__words') }}
    where {{ in_months('ranking_month') }}
),

themed as (
    select texts.ranking_month, texts.post_id, terms.theme_id
    from texts
    join terms
        on texts.ranking_month = terms.ranking_month
        and case when terms.kind = 'hashtag'
            then contains(texts.hashtags, ',' || terms.term || ',') else contains(texts.words, terms.term) end
    group by texts.ranking_month, texts.post_id, terms.theme_id
    -- One term that excludes outweighs all that include.
    having max(case when terms.kind = 'exclude' then 1 else 0 end) = 0
),

subtopics as (
    select distinct themed.ranking_month, themed.post_id, themed.theme_id, sub.subtopic_id
    from themed
    join texts on themed.ranking_month = texts.ranking_month and themed.post_id = texts.post_id
    join (select * from {{ ref('int_months') }} where {{ in_months('ranking_month') }}) as m on themed.ranking_month = m.ranking_month
    join {{ ref('subtopic_terms') }} as sub
        on themed.theme_id = sub.theme_id
        and sub.valid_from <= m.month_start and (sub.valid_to is null or m.month_start < sub.valid_to)
        and contains(texts.words, {{ simplified('sub.term') }})
)

select themed.ranking_month, themed.post_id, themed.theme_id, subtopics.subtopic_id
from themed
left join subtopics
    on themed.ranking_month = subtopics.ranking_month and themed.post_id = subtopics.post_id
    and themed.theme_id = subtopics.theme_id
