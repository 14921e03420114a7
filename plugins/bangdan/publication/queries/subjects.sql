-- One row is one unit and subject of a ranking month, with the change of its reprints on the previous month's release.
-- A subject that the previous release does not have had no reprints; without a previous release the change is unknown.
select
    candidate_subjects.*,
    case
        when exists (select 1 from previous_ranking)
            then candidate_subjects.reprint_count - coalesce(previous_subjects.reprint_count, 0)
    end as reprint_count_change
from candidate_subjects
left join previous_subjects
    on
        candidate_subjects.unit_id = previous_subjects.unit_id
        and candidate_subjects.subject_id = previous_subjects.subject_id
