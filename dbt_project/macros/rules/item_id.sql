{#- The identity of a record in every layer: Weibo ids are unique by themselves, others only within their account. -#}
{% macro item_id(alias) -%}
    case
        when {{ alias }}.channel_type = 'weibo' then 'weibo:' || {{ alias }}.record_id
        else {{ alias }}.channel_type || ':' || coalesce({{ alias }}.account_key, '') || ':' || {{ alias }}.record_id
    end
{%- endmacro %}

{#- Last moment of a time that is known to the second, the minute or the day only. -#}
{% macro last_moment(at, precision) -%}
    case {{ precision }}
        when 'day' then {{ at }} + interval '1' day - interval '1' second
        when 'minute' then {{ at }} + interval '59' second
        else {{ at }}
    end
{%- endmacro %}
