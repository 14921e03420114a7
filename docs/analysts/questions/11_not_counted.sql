-- 未计入的比对及原因 / Matches that are not counted, by reason.
select not_counted_reason, count(*) as matches from published.reprints where ranking_month = '2021-08' and not is_counted group by all order by matches desc, not_counted_reason;
