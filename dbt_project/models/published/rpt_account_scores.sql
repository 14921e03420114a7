-- One row is one account and the unit it posted for in a ranking month.
{%- set indices = ['wci_v2', 'wci_v12', 'wci_v14_2', 'bci', 'media_dissemination'] %}
with account_months as (
    select * from {{ ref('fct_account_months') }}
    where {{ in_months('ranking_month') }}
),

indicators as (
    select * from {{ ref('fct_month_indicators') }}
    where
        entity_kind = 'account'
        and {{ in_months('ranking_month') }}
),

rival_indices as (
    select * from {{ ref('fct_rival_indices') }}
    where
        entity_kind = 'account'
        and {{ in_months('ranking_month') }}
),

accounts as (
    select * from {{ ref('dim_accounts') }}
),

scores_of_account as (
    select
        ranking_month,
        entity_id as account_id,
        unit_id,
        sum(case when dimension = 'dissemination' then contribution end) as dissemination_score,
        sum(case when dimension = 'influence' then contribution end) as influence_score,
        cast(sum(case when dimension = 'dissemination' then value end) as bigint) as reprint_count,
        max(case when indicator_id = 'read' then value end) as read_count,
        max(case when indicator_id = 'like' then value end) as like_count,
        max(case when indicator_id = 'comment' then value end) as comment_count
    from indicators
    group by ranking_month, entity_id, unit_id
),

indices_of_account as (
    select
        ranking_month,
        entity_id as account_id,
        unit_id,
        {%- for index in indices %}
        max(case when index_id = '{{ index }}' then value end) as {{ index }}{{ ',' if not loop.last }}
        {%- endfor %}
    from rival_indices
    group by ranking_month, entity_id, unit_id
),

newest_names as (
    select
        account_id,
        {{ value_of_last('account_name', 'valid_from') }} as account_name
    from accounts
    group by account_id
),

final as (
    select
        account_months.ranking_month,
        account_months.account_id,
        newest_names.account_name,
        account_months.unit_id,
        account_months.platform,
        account_months.post_count,
        account_months.original_count,
        scores.reprint_count,
        scores.read_count,
        scores.like_count,
        scores.comment_count,
        cast(round(scores.dissemination_score, 6) as decimal(12, 6)) as dissemination_score,
        cast(round(scores.influence_score, 6) as decimal(12, 6)) as influence_score,
        {%- for index in indices %}
        indices.{{ index }}{{ ',' if not loop.last }}
        {%- endfor %}
    from account_months
    left join scores_of_account as scores
        on
            account_months.ranking_month = scores.ranking_month
            and account_months.account_id = scores.account_id
            and account_months.unit_id = scores.unit_id
    left join indices_of_account as indices
        on
            account_months.ranking_month = indices.ranking_month
            and account_months.account_id = indices.account_id
            and account_months.unit_id = indices.unit_id
    left join newest_names
        on account_months.account_id = newest_names.account_id
)

select * from final
