-- 季度榜单，及已发布几个月 / A quarter's ranking, and how many of its months are published.
select ranking_list, dimension, rank, unit_name, mean_score, months_ranked, months_published, months_in_period from published.period_ranking where period = '2021-Q3' order by ranking_list, dimension, rank nulls last, unit_id;
