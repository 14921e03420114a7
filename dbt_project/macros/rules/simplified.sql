{#- Text for literal comparison: traditional characters by their simplified ones (OpenCC's t2s table, one to one), ASCII
    letters lower. -#}
{% macro simplified(text) -%}
    case
        -- Few texts hold a traditional character, and looking for one is a hundred times cheaper than translating.
        when {{ has_pattern(text, '[' ~ traditional_characters() ~ ']') }}
            then translate(lower({{ text }}), '{{ traditional_characters() }}', '{{ simplified_characters() }}')
        else lower({{ text }})
    end
{%- endmacro %}
