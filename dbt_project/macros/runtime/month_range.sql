{#- Month-wise rebuild: the months in hand are deleted and written anew in one transaction, so that a month that has
    become empty is emptied too. `before` and `after` widen the range for models whose window is wider. -#}
{% macro get_incremental_month_range_sql(arg_dict) %}
    {%- set target = arg_dict['target_relation'] -%}
    {%- set columns = arg_dict['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    {%- set names = arg_dict['dest_columns'] | map(attribute='name') | list -%}
    {%- set month = 'published_month' if 'published_month' in names else 'ranking_month' -%}
    {%- set meta = config.get('meta') or {} -%}
    delete from {{ target }}
    where {{ in_months(month, meta.get('before', 0), meta.get('after', 0)) }};
    insert into {{ target }} ({{ columns }})
    select {{ columns }} from {{ arg_dict['temp_relation'] }}
{% endmacro %}

{#- `column` (text YYYY-MM) lies in the months in hand, widened by whole months. -#}
{% macro in_months(column, before=0, after=0) -%}
    {{ column }} between '{{ month_plus(var("month_from"), -before) }}' and '{{ month_plus(var("month_to"), after) }}'
{%- endmacro %}

{#- '2021-12', 1 -> '2022-01'. -#}
{% macro month_plus(month, months) -%}
    {%- set index = month[:4] | int * 12 + month[5:7] | int - 1 + months -%}
    {{ '%04d-%02d' | format(index // 12, index % 12 + 1) }}
{%- endmacro %}
