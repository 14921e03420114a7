-- 名次上升最多 / The largest rises.
select ranking_list, dimension, unit_name, rank_change, rank from published.ranking where ranking_month = '2021-08' and rank_change > 0 order by rank_change desc, ranking_list, dimension, rank limit 10;
