-- One row is one account and the unit it posted for in a ranking month.
with scores as (
    select
        ranking_month, entity_id as account_id, unit_id,
        cast(sum(case when dimension = 'dissemination' then contribution end) as decimal(20, 12)) as dissemination_score,
        cast(sum(case when dimension = 'influence' then contribution end) as decimal(20, 12)) as influence_score,
        sum(case when dimension = 'dissemination' then value end) as reprint_count,
        max(case when indicator_id = 'read' then value end) as read_count,
        max(case when indicator_id = 'like' then value end) as like_count,
        max(case when indicator_id = 'comment' then value end) as comment_count
    from {{ ref('fct_month_indicators') }}
    where entity_kind = 'account' and {{ in_months('ranking_month') }}
    group by ranking_month, entity_id, unit_id
),

rivals as (
    select ranking_month, entity_id as account_id, unit_id,
        {% for index in ['wci_v2', 'wci_v12', 'wci_v14_2', 'bci', 'media_dissemination'] -%}
        max(case when index_id = '{{ index }}' then value end) as {{ index }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('fct_rival_indices') }}
    where entity_kind = 'account' and {{ in_months('ranking_month') }}
    group by ranking_month, entity_id, unit_id
),

names as (
    select account_id, arg_max(account_name, valid_from) as account_name from {{ ref('dim_accounts') }} group by account_id
)

select
    cast(a.ranking_month as varchar) as ranking_month, cast(a.account_id as varchar) as account_id,
    cast(names.account_name as varchar) as account_name, cast(a.unit_id as varchar) as unit_id,
    cast(a.platform as varchar) as platform, cast(a.post_count as bigint) as post_count,
    cast(a.original_count as bigint) as original_count, cast(s.reprint_count as bigint) as reprint_count,
    cast(s.read_count as bigint) as read_count, cast(s.like_count as bigint) as like_count,
    cast(s.comment_count as bigint) as comment_count,
    cast(round(s.dissemination_score, 6) as decimal(12, 6)) as dissemination_score,
    cast(round(s.influence_score, 6) as decimal(12, 6)) as influence_score,
    {% for index in ['wci_v2', 'wci_v12', 'wci_v14_2', 'bci', 'media_dissemination'] -%}
    cast(r.{{ index }} as decimal(18, 6)) as {{ index }}{{ ',' if not loop.last }}
    {% endfor %}
from {{ ref('fct_account_months') }} as a
left join scores as s on a.ranking_month = s.ranking_month and a.account_id = s.account_id and a.unit_id = s.unit_id
left join rivals as r on a.ranking_month = r.ranking_month and a.account_id = r.account_id and a.unit_id = r.unit_id
left join names on a.account_id = names.account_id
where {{ in_months('a.ranking_month') }}
