-- One row is one ranking month, with the change of its originality rate on the previous month's release.
select
    candidate_monthly_summary.*,
    cast(
        round((candidate_monthly_summary.originality_rate - previous_monthly_summary.originality_rate) * 100, 4)
        as decimal(9, 4)
    ) as originality_rate_change_pp
from candidate_monthly_summary
left join previous_monthly_summary on true
