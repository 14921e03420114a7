-- 主持话题的传播 / What hosted hashtags earned.
select hashtag, unit_name, post_count, reprint_count, read_count, like_count, comment_count from published.hosted_hashtags where ranking_month = '2021-08' order by reprint_count desc, hashtag;
