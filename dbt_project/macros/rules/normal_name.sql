{#- The form in which names are compared, as `bangdan.core.normal_forms.normal_name`: each character by its compatibility
    equivalent in lower case, without blanks and characters that are not shown, composed, without dots at the ends. -#}
{% macro normal_name(name) -%}
    case
        -- Most names are of characters that are in normal form.
        when {{ has_pattern(name, '[^\\x{4E00}-\\x{9FA5}a-z0-9]') }}
            then {{ trimmed(composed(with_normal_characters(without_pattern(name, not_compared()))), '.。·・') }}
        else {{ name }}
    end
{%- endmacro %}

{#- Each character by its normal form. -#}
{% macro with_normal_characters(name) -%}
    {{ translated(
        translated(lowered(name), full_width_characters(), usual_width_characters()),
        spelled_characters(), normal_characters()
    ) }}
{%- endmacro %}

{#- Characters that names are compared without: controls, format characters, separators, fillers, variation selectors.
    Format characters of Unicode 14 and 15 are named: Java knows those up to 13. -#}
{% macro not_compared() -%}
    [\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Zs}\x{034F}\x{115F}\x{1160}\x{17B4}\x{17B5}\x{180B}-\x{180F}\x{0890}\x{0891}\x{2800}\x{3164}\x{FE00}-\x{FE0F}\x{FFA0}\x{13430}-\x{1343F}\x{E0000}-\x{E0FFF}]
{%- endmacro %}

{#- A normal form with one character for all that look like it, as `bangdan.core.normal_forms.without_lookalikes`. -#}
{% macro without_lookalikes(name) -%}
    {{ translated(name, lookalike_characters(), usual_characters()) }}
{%- endmacro %}
