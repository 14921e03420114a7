{#- Text for literal comparison: traditional characters by their simplified ones (OpenCC's t2s table, one to one), ASCII
    letters lower. -#}
{% macro simplified(text) -%}
    {{ translated(lowered(text), traditional_characters(), simplified_characters()) }}
{%- endmacro %}
