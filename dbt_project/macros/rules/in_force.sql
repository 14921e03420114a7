{#- Is a dated row in force at a moment? `valid_from` is its first moment, `valid_to` the first after it, NULL for none. -#}
{% macro in_force(row, moment) -%}
    ({{ row }}.valid_from <= {{ moment }} and ({{ row }}.valid_to is null or {{ moment }} < {{ row }}.valid_to))
{%- endmacro %}

{#- Is a dated row in force at any moment from `first` to before `end`? Without `valid_from` it has always been in force. -#}
{% macro in_force_during(row, first, end) -%}
    (
        ({{ row }}.valid_from is null or {{ row }}.valid_from < {{ end }})
        and ({{ row }}.valid_to is null or {{ first }} < {{ row }}.valid_to)
    )
{%- endmacro %}
