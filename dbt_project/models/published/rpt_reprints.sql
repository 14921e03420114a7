-- One row is one match of a channel item to a post of the ranking month, counted or not, with its evidence.
with matches as (
    select * from {{ ref('fct_reprints') }}
    where {{ in_months('ranking_month') }}
),

reprints as (
    select * from {{ ref('fct_post_outlets') }}
    where {{ in_months('ranking_month') }}
),

contributions as (
    select * from {{ ref('fct_reprint_contributions') }}
    where {{ in_months('ranking_month') }}
),

channels as (
    select * from {{ ref('dim_channels') }}
),

newest_names as (
    select
        outlet_id,
        {{ value_of_last('outlet_name', 'valid_from') }} as outlet_name
    from channels
    group by outlet_id
),

-- A reprint is a post and an outlet: its first item carries what it contributes.
contributions_of_item as (
    select
        reprints.ranking_month,
        reprints.post_id,
        reprints.item_id,
        {{ picopoints_of('dissemination', 'contributions') }} as dissemination_picopoints,
        {{ picopoints_of('influence', 'contributions') }} as influence_picopoints
    from reprints
    inner join contributions
        on
            reprints.ranking_month = contributions.ranking_month
            and reprints.post_id = contributions.post_id
            and reprints.outlet_id = contributions.outlet_id
    group by reprints.ranking_month, reprints.post_id, reprints.item_id
),

final as (
    select
        matches.ranking_month,
        matches.post_id,
        matches.unit_id,
        matches.account_id,
        matches.channel_type,
        matches.outlet_id,
        newest_names.outlet_name,
        matches.item_id,
        matches.url,
        matches.title,
        matches.reprinted_at_local as reprinted_at,
        matches.read_count,
        matches.like_count,
        matches.comment_count,
        matches.method,
        matches.match_class,
        matches.containment,
        matches.matched_chars,
        matches.confidence,
        matches.is_counted,
        matches.not_counted_reason,
        matches.decided_by,
        matches.evidence,
        {{ points('contributions_of_item.dissemination_picopoints') }} as dissemination_contribution,
        {{ points('contributions_of_item.influence_picopoints') }} as influence_contribution
    from matches
    left join newest_names
        on matches.outlet_id = newest_names.outlet_id
    left join contributions_of_item
        on
            matches.ranking_month = contributions_of_item.ranking_month
            and matches.post_id = contributions_of_item.post_id
            and matches.item_id = contributions_of_item.item_id
)

select * from final
