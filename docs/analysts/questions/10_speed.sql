-- 转载有多快 / How fast reprints come.
select r.channel_type, median(date_diff('minute', p.published_at, r.reprinted_at)) as median_minutes from published.reprints r join published.posts p using (ranking_month, post_id) where ranking_month = '2021-08' and is_counted group by all order by all;
