-- One row is one subject that a unit's posts of a ranking month name, with the reprints they earned.
with posts as (
    select * from {{ ref('fct_posts') }}
    where
        is_counted
        and {{ in_months('ranking_month') }}
),

posts_by_subject as (
    select * from {{ ref('int_posts__subjects') }}
    where {{ in_months('ranking_month') }}
),

reprints as (
    select * from {{ ref('fct_post_outlets') }}
    where {{ in_months('ranking_month') }}
),

contributions as (
    select * from {{ ref('fct_reprint_contributions') }}
    where
        dimension = 'dissemination'
        and {{ in_months('ranking_month') }}
),

subjects as (
    select * from {{ ref('subjects') }}
),

{% for rows, value in [
    ('posts', 'count(*) as post_count'),
    ('reprints', 'count(*) as reprint_count'),
    ('contributions', 'cast(sum(contributions.picopoints) as bigint) as picopoints')
] -%}
{{ rows }}_of_subject as (
    select
        {{ rows }}.ranking_month,
        {{ rows }}.unit_id,
        posts_by_subject.subject_id,
        {{ value }}
    from {{ rows }}
    inner join posts_by_subject
        on
            {{ rows }}.ranking_month = posts_by_subject.ranking_month
            and {{ rows }}.post_id = posts_by_subject.post_id
    group by {{ rows }}.ranking_month, {{ rows }}.unit_id, posts_by_subject.subject_id
),

{% endfor -%}
names as (
    select
        subject_id,
        min(subject_name) as subject_name,
        min(subject_name_en) as subject_name_en
    from subjects
    group by subject_id
),

final as (
    select
        posts_of_subject.ranking_month,
        posts_of_subject.unit_id,
        posts_of_subject.subject_id,
        names.subject_name as name,
        names.subject_name_en as name_en,
        posts_of_subject.post_count,
        coalesce(reprints_of_subject.reprint_count, 0) as reprint_count,
        {{ points('contributions_of_subject.picopoints') }} as dissemination_contribution
    from posts_of_subject
    inner join names
        on posts_of_subject.subject_id = names.subject_id
    left join reprints_of_subject
        on
            posts_of_subject.ranking_month = reprints_of_subject.ranking_month
            and posts_of_subject.unit_id = reprints_of_subject.unit_id
            and posts_of_subject.subject_id = reprints_of_subject.subject_id
    left join contributions_of_subject
        on
            posts_of_subject.ranking_month = contributions_of_subject.ranking_month
            and posts_of_subject.unit_id = contributions_of_subject.unit_id
            and posts_of_subject.subject_id = contributions_of_subject.subject_id
)

select * from final
