-- The parts that reprints contribute to an indicator add up to it, exactly. A row is an indicator of which they do not.
with contributions as (
    select * from {{ ref('fct_reprint_contributions') }}
    where {{ in_months('ranking_month') }}
),

indicators as (
    select * from {{ ref('fct_unit_month_indicators') }}
),

final as (
    select
        contributions.ranking_month,
        contributions.unit_id,
        contributions.indicator_id,
        sum(contributions.picopoints) as parts,
        max(indicators.contribution) as whole
    from contributions
    inner join indicators
        on
            contributions.ranking_month = indicators.ranking_month
            and contributions.unit_id = indicators.unit_id
            and contributions.indicator_id = indicators.indicator_id
    group by contributions.ranking_month, contributions.unit_id, contributions.indicator_id
    having sum(contributions.picopoints) <> max(indicators.contribution) * 1000000000000
)

select * from final
