-- One row is one body that issues the ranking of a month.
with months as (
    select * from {{ ref('int_months') }}
    where {{ in_months('ranking_month') }}
),

issuers as (
    select * from {{ ref('issuers') }}
),

final as (
    select
        months.ranking_month,
        issuers.position,
        issuers.issuer_name,
        issuers.issuer_name_en,
        issuers.data_licence
    from months
    inner join issuers
        on {{ in_force('issuers', 'months.month_start') }}
)

select * from final
