{#- The ranking months of the build, ascending, with commas: `2021-07,2021-08`. -#}
{% macro months_of_the_build() -%}
    {%- for index in range(0, 600) -%}
        {%- set month = month_plus(var('month_from'), index) | trim -%}
        {%- if month <= var('month_to') -%}{{ ',' if index }}{{ month }}{%- endif -%}
    {%- endfor -%}
{%- endmacro %}
