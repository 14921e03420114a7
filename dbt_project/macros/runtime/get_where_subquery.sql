{#- The rows that a data test reads: of tables with all months, those of the build. A test must not cost more with each
    month of history, nor fail a run for rows that an earlier version of a model left in another month. -#}
{% macro get_where_subquery(relation) -%}
    {%- set where = config.get('where') -%}
    {#- Dimensions have no months; these intermediate tables have the records of the build alone. -#}
    {%- set without_ranking_month = ('dim_', 'int_observations__', 'int_records__') -%}
    {%- if not where and relation.identifier in ['stg_posts', 'stg_channel_items'] -%}
        {%- set where = in_months('published_month', 'records') -%}
    {%- elif not where and relation.schema in ['intermediate', 'marts', 'published', 'review', 'gates'] and not relation.identifier.startswith(without_ranking_month) -%}
        {%- set where = in_months('ranking_month') -%}
    {%- endif -%}
    {%- if where -%}(select * from {{ relation }} where {{ where }}) as months_in_hand{%- else -%}{{ relation }}{%- endif -%}
{%- endmacro %}
