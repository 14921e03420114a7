{#- Views over the Parquet of the raw layer and of the evidence: schemas `raw` and `evidence`. A raw row counts only
    when the load key that wrote it is in the manifest. The manifest is one small file per export, thousands of them, and
    every view of the raw layer joins it: it is read once per build and kept as a table. Tools write the account's name
    into the path of an export: only registries keep theirs in the warehouse, which no purge cleans.
    Tables of months are called large: the first of their files has no rows, from which the engine would conclude that
    none has any, and every join would keep the records in memory instead of the registry. -#}
{% macro register_sources() %}
    {{ return(adapter.dispatch('register_sources', 'bangdan')()) }}
{% endmacro %}

{% macro default__register_sources() %}
    {%- set home = env_var('BANGDAN_HOME') | replace("'", "''") -%}
    {%- set of_months = "hive_partitioning = true, hive_types = {'month': varchar}, explicit_cardinality = 100000000" -%}
    create schema if not exists raw;
    create schema if not exists evidence;
    create or replace table raw.manifest_at_build as
    select * replace (
        case when table_name in ('units', 'accounts', 'channels') then source_file end as source_file,
        case when table_name in ('units', 'accounts', 'channels') then path_key end as path_key
    )
    from read_parquet('{{ home }}/raw/export_manifest/*.parquet', hive_partitioning = false)
    {%- if var('known_at') %} where received_at <= timestamptz '{{ var("known_at") }}'{% endif %} order by export_id;
    create or replace view raw.export_manifest as select * from raw.manifest_at_build;
    {%- for table in ['units', 'accounts', 'channels', 'rejects'] %}
    create or replace view raw.{{ table }} as
    select * from read_parquet('{{ home }}/raw/{{ table }}/*.parquet', hive_partitioning = false)
    where load_key in (select load_key from raw.export_manifest);
    {%- endfor %}
    create or replace view raw.city_registries as
    select * from read_parquet('{{ home }}/raw/city_registries/*.parquet', hive_partitioning = false);
    create or replace view raw.records as
    select * from read_parquet('{{ home }}/raw/records/*/*.parquet', {{ of_months }})
    where load_key in (select load_key from raw.export_manifest);
    {%- for table in ['matches', 'families', 'rejected', 'certainty', 'released_owners'] %}
    create or replace view evidence.{{ table }} as
    select * from read_parquet('{{ home }}/evidence/{{ table }}/*/*.parquet', {{ of_months }});
    {%- endfor %}
{% endmacro %}

{#- Spark reads a folder as a table, and one statement at a time. Its lake has the seeds too: dbt's own loading of seeds
    would write their values into statements. -#}
{% macro spark__register_sources() %}
    {%- set lake = env_var('BANGDAN_LAKE') -%}
    {%- if execute -%}
    {%- for schema in ['raw', 'evidence', 'seeds'] %}
        {%- do run_query('create schema if not exists ' ~ schema) %}
    {%- endfor %}
    {%- set manifest -%}
        create or replace view raw.export_manifest as
        select
            * except (source_file, path_key),
            case when table_name in ('units', 'accounts', 'channels') then source_file end as source_file,
            case when table_name in ('units', 'accounts', 'channels') then path_key end as path_key
        from parquet.`{{ lake }}/raw/export_manifest`
        {%- if var('known_at') %} where received_at <= timestamp_ltz '{{ var("known_at") }}'{% endif %}
    {%- endset %}
    {%- do run_query(manifest) %}
    {%- for table in ['units', 'accounts', 'channels', 'rejects', 'records'] %}
        {%- do run_query(
            'create or replace view raw.' ~ table ~ ' as select * from parquet.`' ~ lake ~ '/raw/' ~ table
            ~ '` where load_key in (select load_key from raw.export_manifest)'
        ) %}
    {%- endfor %}
    {%- do run_query('create or replace view raw.city_registries as select * from parquet.`' ~ lake ~ '/raw/city_registries`') %}
    {%- for table in ['matches', 'families', 'rejected', 'certainty', 'released_owners'] %}
        {%- do run_query('create or replace view evidence.' ~ table ~ ' as select * from parquet.`' ~ lake ~ '/evidence/' ~ table ~ '`') %}
    {%- endfor %}
    {%- for seed in graph.nodes.values() if seed.resource_type == 'seed' %}
        {%- do run_query('create or replace view seeds.' ~ seed.name ~ ' as select * from parquet.`' ~ lake ~ '/seeds/' ~ seed.name ~ '`') %}
    {%- endfor %}
    {%- endif -%}
    select 1
{% endmacro %}
