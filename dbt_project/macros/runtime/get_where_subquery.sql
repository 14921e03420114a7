{#- What a data test looks at: of tables that hold every month, the months in hand. A test must not cost more with each
    month of history, nor fail a run for what an earlier version of a model left in another month. -#}
{% macro get_where_subquery(relation) -%}
    {%- set where = config.get('where') -%}
    {#- Dimensions hold no months; these intermediate tables hold the records of the build alone. -#}
    {%- set without_ranking_month = ('dim_', 'int_observations__', 'int_records__') -%}
    {%- if not where and relation.identifier in ['stg_posts', 'stg_channel_items'] -%}
        {%- set where = in_months('published_month', 'records') -%}
    {%- elif not where and relation.schema in ['intermediate', 'marts', 'published', 'review', 'gates'] and not relation.identifier.startswith(without_ranking_month) -%}
        {%- set where = in_months('ranking_month') -%}
    {%- endif -%}
    {%- if where -%}(select * from {{ relation }} where {{ where }}) as months_in_hand{%- else -%}{{ relation }}{%- endif -%}
{%- endmacro %}
