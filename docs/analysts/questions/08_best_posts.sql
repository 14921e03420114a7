-- 贡献最大的稿件 / Posts that contributed most.
select unit_name, title, dissemination_contribution, influence_contribution from published.posts where ranking_month = '2021-08' order by dissemination_contribution + influence_contribution desc, post_id limit 20;
