-- One row is one post of a ranking month with its family, its originality by each definition, and whether it counts.
with corrections as (
    select m.ranking_month, c.post_id, max(c.action) as action
    from {{ ref('post_corrections') }} as c
    join (select * from {{ ref('int_months') }} where {{ in_months('ranking_month') }}) as m
        on (c.valid_from is null or c.valid_from < cast(m.month_end as date))
        and (c.valid_to is null or c.valid_to > cast(m.month_start as date))
    group by m.ranking_month, c.post_id
)

select
    p.published_month as ranking_month, p.post_id, p.platform, p.account_id, p.unit_id, p.is_unowned as is_quarantined,
    coalesce(c.action = 'withdraw', false) as is_withdrawn,
    not p.is_unowned and coalesce(c.action <> 'withdraw', true) as is_counted,
    p.published_at_local, p.published_precision, p.url, p.title, p.text, p.topics,
    p.is_repost, p.is_deleted, p.position,
    coalesce(f.family_id, p.post_id) as family_id,
    coalesce(f.is_origin, true) as is_family_origin,
    f.origin_unit_id, f.earlier_item_id,
    p.is_original_flag,
    not p.is_repost as is_original_by_link,
    not p.is_repost and f.earlier_item_id is null
    and (coalesce(f.is_origin, true) or f.origin_unit_id is not distinct from p.unit_id) as is_original_by_text,
    -- The platform's own flag where the export gives one; else neither a repost nor a copy of an earlier text.
    coalesce(
        p.is_original_flag,
        not p.is_repost and f.earlier_item_id is null
        and (coalesce(f.is_origin, true) or f.origin_unit_id is not distinct from p.unit_id)
    ) as is_original,
    p.original_evidence,
    {% for metric in ['read', 'view', 'like', 'recommend', 'comment', 'share', 'repost'] -%}
    case when p.{{ metric }}_count_qualifier = 'zero_suspect' then null else p.{{ metric }}_count end as {{ metric }}_count,
    p.{{ metric }}_count_qualifier,
    {% endfor -%}
    p.export_sha256, p.source_row
from {{ ref('stg_posts') }} as p
left join {{ source('evidence', 'families') }} as f on p.post_id = f.post_id and p.published_month = f.month
left join corrections as c on p.post_id = c.post_id and p.published_month = c.ranking_month
where {{ in_months('p.published_month') }}
