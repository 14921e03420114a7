{#- A text with one character for another, where it has one of them; none of the characters means anything in a pattern's
    brackets. DuckDB looks first: translating by a long table is a hundred times dearer than looking. -#}
{% macro translated(text, characters, others) %}{{ return(adapter.dispatch('translated', 'bangdan')(text, characters, others)) }}{% endmacro %}

{% macro default__translated(text, characters, others) -%}
    case
        when regexp_matches({{ text }}, '[{{ characters }}]') then translate({{ text }}, '{{ characters }}', '{{ others }}')
        else {{ text }}
    end
{%- endmacro %}

{% macro spark__translated(text, characters, others) -%}
    translate({{ text }}, '{{ characters | replace('\\', '\\\\') }}', '{{ others | replace('\\', '\\\\') }}')
{%- endmacro %}
