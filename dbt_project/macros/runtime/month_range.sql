{#- Month-wise rebuild: the months of the build are deleted and written anew in one transaction, so that a month that has
    become empty is emptied too. The model's `meta.window` names the months that it is written for, as in `in_months`. -#}
{% macro get_incremental_month_range_sql(arg_dict) %}
    {%- set target = arg_dict['target_relation'] -%}
    {%- set columns = arg_dict['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    {%- set names = arg_dict['dest_columns'] | map(attribute='name') | list -%}
    {%- set month = 'published_month' if 'published_month' in names else 'ranking_month' -%}
    {%- set meta = config.get('meta') or {} -%}
    delete from {{ target }}
    where {{ in_months(month, meta.get('window', 'ranking')) }};
    insert into {{ target }} ({{ columns }})
    select {{ columns }} from {{ arg_dict['temp_relation'] }}
{% endmacro %}

{#- `column` (text YYYY-MM) is one of the months of the build: the ranking months themselves, or the window of months
    in which they read `posts` (months back), `items` (months ahead), or `records` of either kind (both). -#}
{% macro in_months(column, window='ranking') -%}
    {{ column }} between '{{ first_month(window) }}' and '{{ last_month(window) }}'
{%- endmacro %}

{#- The first month of such a window. -#}
{% macro first_month(window) -%}
    {%- set back = {'ranking': 0, 'items': 0, 'posts': 1, 'records': 1}[window] * var('months_back') | int -%}
    {{ month_plus(var('month_from'), -back) }}
{%- endmacro %}

{#- The last month of such a window. -#}
{% macro last_month(window) -%}
    {%- set ahead = {'ranking': 0, 'posts': 0, 'items': 1, 'records': 1}[window] * var('months_ahead') | int -%}
    {{ month_plus(var('month_to'), ahead) }}
{%- endmacro %}

{#- '2021-12', 1 -> '2022-01'. -#}
{% macro month_plus(month, months) -%}
    {%- set index = month[:4] | int * 12 + month[5:7] | int - 1 + months -%}
    {{ '%04d-%02d' | format(index // 12, index % 12 + 1) }}
{%- endmacro %}
