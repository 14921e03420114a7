-- What is declared about themes and subjects fits together: no term of something undeclared, no theme without a term that
-- finds it while it is declared (it would earn nobody a bonus), no theme that is declared twice at a time.
with themes as (
    select
        theme_id,
        valid_from,
        coalesce(valid_to, date '9999-01-01') as valid_to
    from {{ ref('themes') }}
),

theme_terms as (
    select
        theme_id,
        term,
        kind,
        valid_from,
        coalesce(valid_to, date '9999-01-01') as valid_to
    from {{ ref('theme_terms') }}
),

subtopics as (
    select * from {{ ref('subtopics') }}
),

subtopic_terms as (
    select * from {{ ref('subtopic_terms') }}
),

subjects as (
    select * from {{ ref('subjects') }}
),

subject_terms as (
    select * from {{ ref('subject_terms') }}
),

finding_terms as (
    select * from theme_terms
    where kind <> 'exclude'
),

final as (
    select
        'theme_terms' as seed,
        theme_id as id,
        term as value,
        'there is no such theme' as problem
    from theme_terms
    where
        not exists (
            select 1 from themes
            where themes.theme_id = theme_terms.theme_id
        )
    union all
    select
        'subtopics' as seed,
        theme_id as id,
        subtopic_id as value,
        'there is no such theme' as problem
    from subtopics
    where
        not exists (
            select 1 from themes
            where themes.theme_id = subtopics.theme_id
        )
    union all
    select
        'subtopic_terms' as seed,
        subtopic_terms.theme_id as id,
        subtopic_terms.subtopic_id as value,
        'there is no such sub-topic' as problem
    from subtopic_terms
    left join subtopics
        on
            subtopic_terms.theme_id = subtopics.theme_id
            and subtopic_terms.subtopic_id = subtopics.subtopic_id
    where subtopics.subtopic_id is null
    union all
    select
        'subject_terms' as seed,
        subject_id as id,
        term as value,
        'there is no such subject' as problem
    from subject_terms
    where
        not exists (
            select 1 from subjects
            where subjects.subject_id = subject_terms.subject_id
        )
    union all
    select distinct
        'themes' as seed,
        themes.theme_id as id,
        cast(themes.valid_from as string) as value,
        'no term in force finds it' as problem
    from themes
    left join finding_terms
        on
            themes.theme_id = finding_terms.theme_id
            and themes.valid_to > finding_terms.valid_from
            and themes.valid_from < finding_terms.valid_to
    where finding_terms.theme_id is null
    union all
    select
        'themes' as seed,
        themes.theme_id as id,
        cast(later_themes.valid_from as string) as value,
        'it is declared already at that time' as problem
    from themes
    inner join themes as later_themes
        on
            themes.theme_id = later_themes.theme_id
            and themes.valid_from < later_themes.valid_from
            and themes.valid_to > later_themes.valid_from
)

select * from final
