-- One row is one post and one subject that its text names.
{{ config(materialized='incremental', incremental_strategy='month_range') }}
with texts as (
    select
        p.ranking_month, m.month_start, p.post_id,
        {{ simplified("coalesce(p.title, '') || chr(10) || coalesce(p.text, '')") }} as words
    from {{ ref('int_posts__attributed') }} as p
    join {{ ref('int_months') }} as m on p.ranking_month = m.ranking_month
)

select distinct texts.ranking_month, texts.post_id, terms.subject_id
from texts
join {{ ref('subject_terms') }} as terms
    on terms.valid_from <= texts.month_start and (terms.valid_to is null or texts.month_start < terms.valid_to)
    and contains(texts.words, {{ simplified('terms.term') }})
