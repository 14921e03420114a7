-- 双双进入前十的单位 / Units in the top ten of both dimensions.
select ranking_list, unit_name, min(rank) as best, max(rank) as worst from published.ranking where ranking_month = '2021-08' and rank <= 10 group by all having count(*) = 2 order by ranking_list, best, unit_name;
