-- 四个榜单 / The four lists of a month.
select ranking_list, dimension, rank, unit_name, score from published.ranking where ranking_month = '2021-08' order by ranking_list, dimension, rank, unit_id;
