-- 更正改变了什么 / What a restatement changed.
select r.ranking_month, r.release, s.reason, s.note, r.unit_name, r.dimension, r.rank_before, r.rank, r.score_before, r.score from published.restated_ranks r join published.restatements s using (ranking_month, release) order by r.ranking_month, r.release, abs(r.score - r.score_before) desc, r.unit_name, r.dimension;
