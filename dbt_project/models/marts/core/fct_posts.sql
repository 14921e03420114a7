-- One row is one post of a ranking month, with its themes, subjects and hashtags.
with themed as (
    select ranking_month, post_id, {{ joined('theme_id') }} as theme_ids,
        {{ joined("theme_id || '/' || subtopic_id") }} as subtopic_ids
    from {{ ref('int_posts__themed') }}
    group by ranking_month, post_id
),

subjects as (
    select ranking_month, post_id, {{ joined('subject_id') }} as subject_ids
    from {{ ref('int_posts__subjects') }}
    group by ranking_month, post_id
)

select
    p.ranking_month, p.post_id, p.platform, p.account_id, p.unit_id, p.is_quarantined, p.is_withdrawn, p.is_counted,
    p.published_at_local, p.published_precision, p.url, p.title, left(p.text, 60) as lead,
    length(coalesce(p.text, '')) as text_chars,
    p.is_original, p.is_original_flag, p.is_original_by_link, p.is_original_by_text, p.original_evidence,
    p.family_id, p.is_family_origin, p.position, themed.theme_ids, themed.subtopic_ids, subjects.subject_ids,
    array_to_string(list_sort(list_distinct(p.topics)), ',') as hashtags,
    p.is_deleted,
    {% for metric in ['read', 'view', 'like', 'recommend', 'comment', 'share', 'repost'] -%}
    p.{{ metric }}_count, p.{{ metric }}_count_qualifier,
    {% endfor -%}
    p.export_sha256, p.source_row
from {{ ref('int_posts__attributed') }} as p
left join themed on p.ranking_month = themed.ranking_month and p.post_id = themed.post_id
left join subjects on p.ranking_month = subjects.ranking_month and p.post_id = subjects.post_id
where {{ in_months('p.ranking_month') }}
