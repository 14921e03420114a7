-- 主题参与 / Participation in the month's themes.
select h.name, t.unit_name, t.post_count, t.bonus_points from published.topic_units t join published.hot_topics h using (ranking_month, theme_id) where ranking_month = '2021-08' order by h.name, t.rank_in_theme, t.unit_id;
