{#- The counts that an export may give of a record, each with its qualifier, as columns of `row`. -#}
{% macro metrics(row) -%}
    {%- for metric in ['read', 'view', 'like', 'recommend', 'comment', 'share', 'repost'] %}
    {{ row }}.{{ metric }}_count,
    {{ row }}.{{ metric }}_count_qualifier{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- The sum of all counts of `row`: of two observations of the same moment the larger holds. -#}
{% macro count_total(row) -%}
    {%- for metric in ['read', 'view', 'like', 'recommend', 'comment', 'share', 'repost'] -%}
    coalesce({{ row }}.{{ metric }}_count, 0){{ ' + ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#- The same columns with a count only where it is known. -#}
{% macro known_metrics(row) -%}
    {%- for metric in ['read', 'view', 'like', 'recommend', 'comment', 'share', 'repost'] %}
    {{ known_count(row, metric) }} as {{ metric }}_count,
    {{ row }}.{{ metric }}_count_qualifier{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- A count of `row`; NULL for a zero that an export writes where it does not know the number. -#}
{% macro known_count(row, metric) -%}
    case when {{ row }}.{{ metric }}_count_qualifier = 'zero_suspect' then null else {{ row }}.{{ metric }}_count end
{%- endmacro %}
