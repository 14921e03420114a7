{#- A record means an account by its name (`keys`: a row of int_registry__account_keys) where it has no key but a name.
    `normal_key` of the record is its key, or its name, in normal form. -#}
{% macro means_by_name(record, keys) -%}
    {{ keys }}.key_kind = 'name'
    and {{ record }}.channel_type = {{ keys }}.platform
    and {{ record }}.normal_key = {{ keys }}.account_key
    and ({{ record }}.account_key is null or {{ record }}.account_key_type = 'name')
{%- endmacro %}
