-- One row is one match of an item to a post of the ranking month; is_counted includes window, credit and ownership.
with matched as (
    select * from {{ ref('int_reprints__matched') }}
    where {{ in_months('ranking_month') }}
),

excluded as (
    select * from {{ ref('int_reprints__excluded') }}
),

matched_and_decided as (
    select
        matched.*,
        excluded.item_id is not null as is_excluded
    from matched
    left join excluded
        on
            matched.ranking_month = excluded.ranking_month
            and matched.item_id = excluded.item_id
            and matched.post_id = excluded.post_id
),

final as (
    select
        ranking_month,
        post_id,
        item_id,
        unit_id,
        account_id,
        outlet_id,
        carrying_unit_id,

        channel_type,
        url,
        title,
        source_name_raw,
        method,
        match_class,
        confidence,
        credit_rule,
        decided_by,
        evidence,
        parameters_hash,
        case
            when not is_post_counted then 'post_not_counted'
            when not is_match_counted then match_reason
            when reprinted_at_local is null then 'no_time'
            when not is_in_window then 'outside_window'
            when outlet_id is null then 'no_outlet'
            when is_excluded then 'excluded'
            when not is_outlet_admitted then 'unregistered_outlet'
        end as not_counted_reason,

        containment,
        item_containment,
        matched_chars,
        lag_seconds,
        read_unit,
        {%- for metric in ['read', 'like', 'comment'] %}
        {{ metric }}_count,
        {{ metric }}_count_qualifier,
        {%- endfor %}

        is_self,
        is_sibling,
        is_late_observation,
        is_match_counted
        and is_in_window
        and is_post_counted
        and outlet_id is not null
        and not is_excluded
        and is_outlet_admitted as is_counted,

        reprinted_at_local,
        published_precision
    from matched_and_decided
)

select * from final
