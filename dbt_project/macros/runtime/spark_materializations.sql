{#- Month-wise rebuild on Spark, as `month_range` does it on the embedded engine: each month is a partition; those of the
    build are dropped and written anew, so that a month that has become empty is emptied too. Spark has no transaction
    over both: a build that is killed between leaves months out, and the next build writes them. Files of a killed insert
    lie in a partition that the catalog does not know: it is added, so that dropping it removes them. -#}
{% materialization incremental, adapter='spark' -%}
    {%- set existing = load_relation(this) -%}
    {%- set columns = get_columns_in_query(sql) -%}
    {%- set month = 'published_month' if 'published_month' in columns else 'ranking_month' -%}
    {{ run_hooks(pre_hooks) }}
    {%- if config.get('contract').enforced -%}
        {%- do get_assert_columns_equivalent(sql) -%}
    {%- endif -%}
    {%- if existing is none or existing.is_view or should_full_refresh() -%}
        {%- if existing is not none -%}
            {%- do adapter.drop_relation(existing) -%}
        {%- endif -%}
        {%- call statement('main') -%}
            create table {{ this }} using parquet partitioned by ({{ month }}) as
            {{ sql }}
        {%- endcall -%}
    {%- else -%}
        {%- set made = this.incorporate(path={'identifier': this.identifier ~ '__made'}).include(schema=false) -%}
        {%- do run_query(create_temporary_view(made, sql)) -%}
        {%- do process_schema_changes(config.get('on_schema_change'), made, existing) -%}
        {%- set window = (config.get('meta') or {}).get('window', 'ranking') -%}
        {%- for dropped in months_of_the_build(window).split(',') -%}
            {%- do run_query('alter table ' ~ this ~ ' add if not exists partition (' ~ month ~ " = '" ~ dropped ~ "')") -%}
            {%- do run_query('alter table ' ~ this ~ ' drop if exists partition (' ~ month ~ " = '" ~ dropped ~ "')") -%}
        {%- endfor -%}
        {%- call statement('main') -%}
            insert into {{ this }} ({{ columns | join(', ') }})
            select {{ columns | join(', ') }} from {{ made }}
        {%- endcall -%}
    {%- endif -%}
    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [this]}) }}
{%- endmaterialization %}

{#- The contract names types as the embedded engine does: a VARCHAR without a length is Spark's STRING. -#}
{% macro spark__get_empty_schema_sql(columns) -%}
    select
    {%- for column in columns.values() %}
        cast(null as {{ 'string' if column.data_type == 'varchar' else column.data_type }}) as {{ column.name }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- A view of intermediate or marts is a table on Spark, which plans a view anew in each place that reads it: of a mart over
    marts it would make thousands of steps. Views of other layers are views: in `raw` they keep identifiers out of tables. -#}
{% materialization view, adapter='spark' -%}
    {%- set existing = load_relation(this) -%}
    {%- set is_table = this.schema in ['intermediate', 'marts'] -%}
    {{ run_hooks(pre_hooks) }}
    {%- if existing is not none and (is_table or not existing.is_view) -%}
        {%- do adapter.drop_relation(existing) -%}
    {%- endif -%}
    {%- call statement('main') -%}
        create {{ 'table' if is_table else 'or replace view' }} {{ this }} {{ 'using parquet' if is_table }} as
        {{ sql }}
    {%- endcall -%}
    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [this]}) }}
{%- endmaterialization %}
