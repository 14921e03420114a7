-- One row is one row of the registry files $1 as the newest export that names its {id} has it.
with rows as (
    select * from read_parquet($1, union_by_name = true, hive_partitioning = false)
),

exports as (
    select * from manifest
),

numbered as (
    select
        rows.*,
        dense_rank() over (
            partition by rows.{id}
            order by exports.received_at desc, rows.load_key desc
        ) as newness
    from rows
    inner join exports on rows.load_key = exports.load_key
)

select * exclude (newness)
from numbered
where newness = 1
