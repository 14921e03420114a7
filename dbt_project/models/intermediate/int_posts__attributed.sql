-- One row is one post of a ranking month with its family, its originality by each definition, and whether it counts.
with months as (
    select * from {{ ref('int_months') }}
    where {{ in_months('ranking_month') }}
),

posts as (
    select
        *,
        published_month as ranking_month
    from {{ ref('stg_posts') }}
    where {{ in_months('published_month') }}
),

families as (
    select * from {{ source('evidence', 'families') }}
    where {{ in_months('month') }}
),

corrections as (
    select * from {{ ref('post_corrections') }}
),

actions as (
    select
        months.ranking_month,
        corrections.post_id,
        max(corrections.action) as action
    from corrections
    inner join months
        on {{ in_force_during('corrections', 'months.month_start', 'months.month_end') }}
    group by months.ranking_month, corrections.post_id
),

attributed as (
    select
        posts.*,
        coalesce(families.family_id, posts.post_id) as family_id,
        families.origin_unit_id,
        families.earlier_item_id,
        coalesce(families.is_origin, true) as is_family_origin,
        coalesce(actions.action = 'withdraw', false) as is_withdrawn,
        not posts.is_repost as is_original_by_link,
        -- Neither a repost nor a copy of an earlier text that another unit or an outlet had.
        not posts.is_repost
        and families.earlier_item_id is null
        and (
            coalesce(families.is_origin, true)
            or families.origin_unit_id is not distinct from posts.unit_id
        ) as is_original_by_text
    from posts
    left join families
        on
            posts.post_id = families.post_id
            and posts.ranking_month = families.month
    left join actions
        on
            posts.post_id = actions.post_id
            and posts.ranking_month = actions.ranking_month
),

final as (
    select
        attributed.ranking_month,
        attributed.post_id,
        attributed.account_id,
        attributed.unit_id,
        attributed.family_id,
        attributed.origin_unit_id,
        attributed.earlier_item_id,

        attributed.platform,
        attributed.url,
        attributed.title,
        attributed.text,
        attributed.topics,
        attributed.original_evidence,

        attributed.position,
        {{ known_metrics('attributed') }},

        attributed.is_unowned as is_quarantined,
        attributed.is_withdrawn,
        not attributed.is_unowned and not attributed.is_withdrawn as is_counted,
        attributed.is_repost,
        attributed.is_deleted,
        attributed.is_family_origin,
        attributed.is_original_flag,
        attributed.is_original_by_link,
        attributed.is_original_by_text,
        -- The platform's own flag where the export has one.
        coalesce(attributed.is_original_flag, attributed.is_original_by_text) as is_original,

        attributed.published_at_local,
        attributed.published_precision,

        attributed.export_sha256,
        attributed.source_row
    from attributed
)

select * from final
