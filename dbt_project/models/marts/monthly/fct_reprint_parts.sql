-- One row is one counted match of a ranking month under one kind of part that may be left out of its unit's score; the
-- part is empty where the match is in none of the kind.
{{ config(materialized='view') }}
{%- set columns = [
    'ranking_month', 'unit_id', 'post_id', 'outlet_id', 'item_id', 'channel_type', 'read_count', 'like_count', 'comment_count',
] %}
{%- set carriers = {'largest_group': 'outlet_id', 'one_sided_exports': 'export_sha256'} %}
with reprints as (
    select * from {{ ref('fct_reprints') }}
    where
        is_counted
        and {{ in_months('ranking_month') }}
),

items as (
    select * from {{ ref('stg_channel_items') }}
),

quality_limits as (
    select * from {{ ref('int_quality_limits') }}
),

limits as (
    select * from quality_limits
    where scope = ''
),

limits_of_kind as (
    select * from quality_limits
    where measure = 'one_sided_share' and scope <> ''
),

matches as (
    select
        reprints.*,
        items.export_sha256,
        items.is_mapped or items.account_id is not null as is_registered
    from reprints
    inner join items
        on reprints.item_id = items.item_id
),

carried as (
    {%- for kind, column in carriers.items() %}
    select
        '{{ kind }}' as kind,
        ranking_month,
        {{ column }} as carrier_id,
        unit_id,
        count(distinct post_id || ' ' || outlet_id) as reprint_count
    from matches
    group by ranking_month, {{ column }}, unit_id
    {{- ' union all' if not loop.last }}
    {%- endfor %}
),

compared as (
    select
        *,
        sum(reprint_count) over (partition by kind, ranking_month, carrier_id) as reprint_count_of_carrier
    from carried
),

-- Outlets, and files, that carry one unit often and hardly any other.
one_sided_carriers as (
    select
        compared.kind,
        compared.ranking_month,
        compared.unit_id,
        compared.carrier_id
    from compared
    inner join limits as shares
        on
            compared.ranking_month = shares.ranking_month
            and shares.measure = 'one_sided_share'
    inner join limits as counts
        on
            compared.ranking_month = counts.ranking_month
            and counts.measure = 'one_sided_reprints'
    left join limits_of_kind
        on
            compared.ranking_month = limits_of_kind.ranking_month
            and compared.kind = limits_of_kind.scope
    where
        compared.reprint_count >= counts.value
        and compared.reprint_count
        >= compared.reprint_count_of_carrier * coalesce(limits_of_kind.value, shares.value)
),

-- They go by a hash of all of them, so that a decision on them ends when another joins.
one_sided_parts as (
    select
        kind,
        ranking_month,
        unit_id,
        left(md5({{ joined('carrier_id') }}), 12) as part_id
    from one_sided_carriers
    group by kind, ranking_month, unit_id
),

final as (
    {%- for kind, part in [
        ('largest_item', 'item_id'),
        ('largest_outlet', 'outlet_id'),
        ('unregistered', "case when is_registered then '' else 'unregistered' end"),
        ('link_only', "case when method = 'link' then 'link_only' else '' end"),
        ('busiest_day', 'cast(cast(reprinted_at_local as date) as string)'),
    ] %}
    select
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        '{{ kind }}' as kind,
        {{ part }} as part_id
    from matches
    union all
    {%- endfor %}
    {%- for kind, column in carriers.items() %}
    select
        {%- for column in columns %}
        matches.{{ column }},
        {%- endfor %}
        '{{ kind }}' as kind,
        case when carriers.carrier_id is null then '' else one_sided_parts.part_id end as part_id
    from matches
    left join one_sided_carriers as carriers
        on
            carriers.kind = '{{ kind }}'
            and matches.ranking_month = carriers.ranking_month
            and matches.unit_id = carriers.unit_id
            and matches.{{ column }} = carriers.carrier_id
    left join one_sided_parts
        on
            one_sided_parts.kind = '{{ kind }}'
            and matches.ranking_month = one_sided_parts.ranking_month
            and matches.unit_id = one_sided_parts.unit_id
    {{- ' union all' if not loop.last }}
    {%- endfor %}
)

select * from final
