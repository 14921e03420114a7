-- One row is one name in attributions of matched items that no registered account or unit has.
with matches as (
    select
        ranking_month,
        source_name_raw,
        {{ normal_name('source_name_raw') }} as source_name
    from {{ ref('fct_reprints') }}
    where
        coalesce(source_name_raw, '') <> ''
        and {{ in_months('ranking_month') }}
),

known_names as (
    select distinct {{ normal_name('name') }} as name
    from {{ ref('int_registry__source_names') }}
),

final as (
    select
        matches.ranking_month,
        matches.source_name_raw,
        count(*) as item_count
    from matches
    left join known_names
        on matches.source_name = known_names.name
    where known_names.name is null
    group by matches.ranking_month, matches.source_name_raw
)

select * from final
