-- One row is one post and one subject that its text names.
with terms as (
    select subject_id, kind, {{ simplified('term') }} as term, valid_from, valid_to from {{ ref('subject_terms') }}
)

select texts.ranking_month, texts.post_id, terms.subject_id
from {{ ref('int_posts__words') }} as texts
join terms
    on terms.valid_from <= texts.month_start and (terms.valid_to is null or texts.month_start < terms.valid_to)
    and contains(texts.words, terms.term)
where {{ in_months('texts.ranking_month') }}
group by texts.ranking_month, texts.post_id, terms.subject_id
-- One term that excludes outweighs all that include.
having max(case when terms.kind = 'exclude' then 1 else 0 end) = 0
