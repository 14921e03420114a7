-- 首次发布时的榜单 / The list as first released.
select ranking_list, dimension, rank, unit_name, score from published.ranking_asof('r1') where ranking_month = '2021-08' order by ranking_list, dimension, rank, unit_id;
