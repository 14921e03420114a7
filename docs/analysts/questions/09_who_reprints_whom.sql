-- 哪些渠道转载哪个单位 / Which outlets carry a unit.
select outlet_name, channel_type, count(distinct post_id) as posts from published.reprints where ranking_month = '2021-08' and unit_id = '310110' and is_counted group by all order by posts desc, outlet_name limit 20;
