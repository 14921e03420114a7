{#- When Weibo made a post, by its id: seconds since 1970 UTC = (id >> 22) + 515,483,463; NULL for ids that hold no time
    (other channels, and ids given out before 2011, when they were made in another way). -#}
{% macro platform_time(record) -%}
    case
        when
            {{ record }}.channel_type = 'weibo'
            and {{ has_pattern(record ~ '.record_id', '^[1-9][0-9]{15}$') }}
            and {{ whole_division('try_cast(' ~ record ~ '.record_id as bigint)', '4194304') }} >= 778327737
            then {{ moment_of_seconds(whole_division('try_cast(' ~ record ~ '.record_id as bigint)', '4194304') ~ ' + 515483463') }}
    end
{%- endmacro %}
