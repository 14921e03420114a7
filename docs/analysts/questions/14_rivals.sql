-- 与其他指数的一致度 / Agreement with rival indices.
select ranking_list, dimension, name, kendall_tau from published.rival_agreement where ranking_month = '2021-08' order by all;
