-- 采集覆盖缺口 / Days and channels without any item.
select channel_type, day from published.coverage where ranking_month = '2021-08' and item_count = 0 order by all;
