-- 得分变化的原因 / Why a unit's score changed.
select dimension, cause, change_points from published.score_changes where ranking_month = '2021-08' and unit_id = '310110' order by dimension, abs(change_points) desc, cause;
