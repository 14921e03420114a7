-- One row is one post and one subject that its text names.
with posts as (
    select * from {{ ref('int_posts__words') }}
    where {{ in_months('ranking_month') }}
),

terms as (
    select
        subject_id,
        kind,
        {{ simplified('term') }} as term,
        valid_from,
        valid_to
    from {{ ref('subject_terms') }}
),

final as (
    select
        posts.ranking_month,
        posts.post_id,
        terms.subject_id
    from posts
    inner join terms
        on
            {{ in_force('terms', 'posts.month_start') }}
            and contains(posts.words, terms.term)
    group by posts.ranking_month, posts.post_id, terms.subject_id
    -- One term that excludes outweighs all that include.
    having max(case when terms.kind = 'exclude' then 1 else 0 end) = 0
)

select * from final
