{#- A value against its goalpost as DECIMAL(14,12), 1 at most: `log` is ln(1 + x) / ln(1 + goalpost), `linear` is
    x / goalpost; which one is a row of the method. Rounded before it is weighted, so that engines agree. An unknown
    transformation is NULL, which the contracts refuse. -#}
{% macro term(value, goalpost, transformation) -%}
    cast(round(case {{ transformation }}
        when 'log' then least(1.0, ln(1.0 + cast({{ value }} as double)) / ln(1.0 + cast({{ goalpost }} as double)))
        when 'linear' then least(1.0, cast({{ value }} as double) / cast({{ goalpost }} as double))
    end, 12) as decimal(14, 12))
{%- endmacro %}
