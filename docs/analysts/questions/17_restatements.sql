-- 更正改变了什么 / What a restatement changed.
select r.ranking_month, r.release, s.reason, s.note, r.unit_name, r.dimension, r.rank_before, r.rank, r.score_before, r.score, r.change_points from published.restated_ranks r join published.restatements s using (ranking_month, release) order by r.ranking_month, r.release, abs(r.change_points) desc nulls last, r.unit_name, r.dimension;
