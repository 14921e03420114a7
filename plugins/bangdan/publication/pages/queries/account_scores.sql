-- One row is an account of a unit, the one with the highest dissemination first.
select * from account_scores
order by dissemination_score desc nulls last, account_id
