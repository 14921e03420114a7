-- The parts that reprints contribute to an indicator are the indicator, exactly.
select c.ranking_month, c.unit_id, c.indicator_id, sum(c.picopoints) as parts, max(i.contribution) as whole
from {{ ref('fct_reprint_contributions') }} as c
join {{ ref('fct_unit_month_indicators') }} as i
    on c.ranking_month = i.ranking_month and c.unit_id = i.unit_id and c.indicator_id = i.indicator_id
where {{ in_months('c.ranking_month') }}
group by c.ranking_month, c.unit_id, c.indicator_id
having sum(c.picopoints) <> max(i.contribution) * 1000000000000
