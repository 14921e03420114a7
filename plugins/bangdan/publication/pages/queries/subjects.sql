-- One row is a subject of a unit with reprints, the one that contributes most first.
select * from subjects
where reprint_count > 0
order by dissemination_contribution desc, subject_id
