-- 转载增长最多的民生领域 / Subjects whose reprints grew most on last month.
select name, sum(reprint_count) as reprints, sum(reprint_count_change) as change from published.subjects where ranking_month = '2021-08' group by name order by change desc, name;
