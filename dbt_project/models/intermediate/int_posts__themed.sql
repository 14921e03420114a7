-- One row is one post under one declared theme and, where its text names one, one sub-topic of it.
with months as (
    select * from {{ ref('int_months') }}
    where {{ in_months('ranking_month') }}
),

posts as (
    select * from {{ ref('int_posts__words') }}
    where {{ in_months('ranking_month') }}
),

themes as (
    select * from {{ ref('themes') }}
),

theme_terms as (
    select
        theme_id,
        kind,
        {{ simplified('term') }} as term,
        valid_from,
        valid_to
    from {{ ref('theme_terms') }}
),

subtopic_terms as (
    select
        theme_id,
        subtopic_id,
        {{ simplified('term') }} as term,
        valid_from,
        valid_to
    from {{ ref('subtopic_terms') }}
),

terms_of_month as (
    select
        months.ranking_month,
        themes.theme_id,
        theme_terms.kind,
        theme_terms.term
    from months
    inner join themes
        on {{ in_force('themes', 'months.month_start') }}
    inner join theme_terms
        on
            themes.theme_id = theme_terms.theme_id
            and {{ in_force('theme_terms', 'months.month_start') }}
),

posts_by_theme as (
    select
        posts.ranking_month,
        posts.post_id,
        terms_of_month.theme_id
    from posts
    inner join terms_of_month
        on
            posts.ranking_month = terms_of_month.ranking_month
            and case
                when terms_of_month.kind = 'hashtag'
                    then contains(posts.hashtags, ',' || terms_of_month.term || ',')
                else contains(posts.words, terms_of_month.term)
            end
    group by posts.ranking_month, posts.post_id, terms_of_month.theme_id
    -- One term that excludes outweighs all that include.
    having max(case when terms_of_month.kind = 'exclude' then 1 else 0 end) = 0
),

posts_by_subtopic as (
    select distinct
        posts_by_theme.ranking_month,
        posts_by_theme.post_id,
        posts_by_theme.theme_id,
        subtopic_terms.subtopic_id
    from posts_by_theme
    inner join posts
        on
            posts_by_theme.ranking_month = posts.ranking_month
            and posts_by_theme.post_id = posts.post_id
    inner join subtopic_terms
        on
            posts_by_theme.theme_id = subtopic_terms.theme_id
            and {{ in_force('subtopic_terms', 'posts.month_start') }}
            and contains(posts.words, subtopic_terms.term)
),

final as (
    select
        posts_by_theme.ranking_month,
        posts_by_theme.post_id,
        posts_by_theme.theme_id,
        posts_by_subtopic.subtopic_id
    from posts_by_theme
    left join posts_by_subtopic
        on
            posts_by_theme.ranking_month = posts_by_subtopic.ranking_month
            and posts_by_theme.post_id = posts_by_subtopic.post_id
            and posts_by_theme.theme_id = posts_by_subtopic.theme_id
)

select * from final
