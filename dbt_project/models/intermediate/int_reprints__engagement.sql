-- One row is one matched item with the counts it is judged by: of each of the strongest sources the latest observation
-- within the window after it appeared, or the earliest later one, marked; of these the larger counts.
with months as (
    select * from {{ ref('int_months') }}
    where {{ in_months('ranking_month') }}
),

matches as (
    select * from {{ source('evidence', 'matches') }}
    where
        post_month = month
        and {{ in_months('month') }}
),

items as (
    select * from {{ ref('stg_channel_items') }}
),

observations as (
    select * from {{ ref('stg_observations') }}
    where {{ in_months('published_month', 'items') }}
),

matched_items as (
    select distinct
        months.ranking_month,
        items.item_id,
        items.published_month,
        items.published_at + months.window_hours * interval '1' hour as window_end
    from matches
    inner join months
        on matches.month = months.ranking_month
    inner join items
        on
            matches.item_id = items.item_id
            and matches.month <= items.published_month
),

observed as (
    select
        matched_items.ranking_month,
        observations.*,
        observations.observed_at > matched_items.window_end as is_late_observation,
        observations.read_count is null
        and observations.view_count is null
        and observations.like_count is null
        and observations.comment_count is null as is_without_counts
    from matched_items
    inner join observations
        on
            matched_items.item_id = observations.item_id
            and matched_items.published_month = observations.published_month
),

-- Of each source the newest observation in the window, or the earliest later one: platforms take counts back that were
-- bought, so a smaller count of the same source holds.
numbered as (
    select
        observed.*,
        row_number() over (
            partition by observed.ranking_month, observed.item_id, observed.connector
            order by
                observed.is_without_counts asc,
                observed.is_late_observation asc,
                observed.source_strength desc,
                case when not observed.is_late_observation then observed.observed_at end desc,
                observed.observed_at asc,
                {{ count_total('observed') }} desc,
                observed.export_sha256 desc,
                observed.source_row desc
        ) as number_in_source
    from observed
),

of_sources as (
    select
        numbered.ranking_month,
        numbered.item_id,
        case
            when numbered.read_count_qualifier = 'zero_suspect' then null
            when numbered.read_count is null then {{ known_count('numbered', 'view') }}
            else numbered.read_count
        end as read_count,
        case
            when numbered.read_count is not null then numbered.read_count_qualifier
            else numbered.view_count_qualifier
        end as read_count_qualifier,
        numbered.read_unit,
        {{ known_count('numbered', 'like') }} as like_count,
        numbered.like_count_qualifier,
        {{ known_count('numbered', 'comment') }} as comment_count,
        numbered.comment_count_qualifier,
        numbered.is_late_observation,
        numbered.observed_at,
        dense_rank() over (
            partition by numbered.ranking_month, numbered.item_id
            order by
                numbered.is_without_counts asc,
                numbered.is_late_observation asc,
                numbered.source_strength desc
        ) as rank_of_source
    from numbered
    where numbered.number_in_source = 1
),

-- Between sources of equal strength the larger count holds, metric by metric: none may lower another's.
strongest as (
    select
        *,
        max(read_count) over (partition by ranking_month, item_id) as largest_read_count,
        max(like_count) over (partition by ranking_month, item_id) as largest_like_count,
        max(comment_count) over (partition by ranking_month, item_id) as largest_comment_count
    from of_sources
    where rank_of_source = 1
),

final as (
    select
        ranking_month,
        item_id,

        max(read_count) as read_count,
        min(
            case when read_count is not distinct from largest_read_count then read_count_qualifier end
        ) as read_count_qualifier,
        min(case when read_count is not distinct from largest_read_count then read_unit end) as read_unit,
        max(like_count) as like_count,
        min(
            case when like_count is not distinct from largest_like_count then like_count_qualifier end
        ) as like_count_qualifier,
        max(comment_count) as comment_count,
        min(
            case when comment_count is not distinct from largest_comment_count then comment_count_qualifier end
        ) as comment_count_qualifier,

        is_late_observation,

        max(observed_at) as observed_at
    from strongest
    group by ranking_month, item_id, is_late_observation
)

select * from final
