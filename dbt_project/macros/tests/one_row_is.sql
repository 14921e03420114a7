{#- One row is what the first sentence of the model describes: no two rows share the key. -#}
{% test one_row_is(model, key) %}
select {{ key }}, count(*) as row_count
from {{ model }}
group by {{ key }}
having count(*) > 1
{% endtest %}
