-- 民生领域 / Subjects that carried a unit.
select unit_name, name, reprint_count, dissemination_contribution from published.subjects where ranking_month = '2021-08' order by dissemination_contribution desc, unit_id, name limit 20;
