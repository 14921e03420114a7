-- One row is one unit's activity in a ranking month.
select
    cast(ranking_month as varchar) as ranking_month, cast(unit_id as varchar) as unit_id,
    {% for column in ['account_count', 'post_count', 'wechat_post_count', 'weibo_post_count', 'original_count',
        'original_by_link_count', 'original_by_text_count'] -%}
    cast({{ column }} as bigint) as {{ column }},
    {% endfor -%}
    {{ ratio('original_count', 'post_count') }} as originality_rate,
    {% for column in ['reprinted_post_count', 'reprint_count', 'sibling_reprint_count', 'outlet_count',
        'max_reprints_of_one_post'] -%}
    cast({{ column }} as bigint) as {{ column }}{{ ',' if not loop.last }}
    {% endfor %}
from {{ ref('fct_unit_months') }}
where {{ in_months('ranking_month') }}
