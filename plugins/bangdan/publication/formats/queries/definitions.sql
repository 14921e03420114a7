-- One row per table, view and table macro of a database: its name with schema, its definition and its comment. A
-- database's file holds TIMESTAMP_US where one in memory holds TIMESTAMP: the same type.
select
    schema_name || '.' || table_name as name,
    sql as definition,
    comment
from duckdb_tables()
where database_name = $1

union all

select
    schema_name || '.' || view_name as name,
    sql as definition,
    comment
from duckdb_views()
where database_name = $1 and not internal

union all

select
    schema_name || '.' || function_name as name,
    function_type || ' ' || parameters::varchar || ' ' || replace(macro_definition, 'TIMESTAMP_US', 'TIMESTAMP') as definition,
    comment
from duckdb_functions()
where database_name = $1 and not internal
