-- One row is one name by which an account may be credited at any time from $1 to before $2.
select distinct
    account_id,
    name
from registry.int_registry__source_names
where valid_from < $2 and $1 < valid_to
order by account_id, name
