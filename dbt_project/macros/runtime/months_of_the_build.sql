{#- The ranking months of the build, or the months of a window in which they read (as in `in_months`), ascending, with
    commas: `2021-07,2021-08`. -#}
{% macro months_of_the_build(window='ranking') -%}
    {%- set first, last = first_month(window) | trim, last_month(window) | trim -%}
    {%- for index in range(0, 600 + var('months_back') | int + var('months_ahead') | int) -%}
        {%- set month = month_plus(first, index) | trim -%}
        {%- if month <= last -%}{{ ',' if index }}{{ month }}{%- endif -%}
    {%- endfor -%}
{%- endmacro %}
