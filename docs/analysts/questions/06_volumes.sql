-- 月度总量与原创率 / Volumes and originality by month.
select ranking_month, post_count, wechat_post_count, weibo_post_count, original_count, originality_rate, originality_rate_change_pp from published.monthly_summary order by ranking_month;
