-- One row is one exported observation of a record: its counts at the moment they were taken, whose it is and where in
-- raw it stands. Texts stay in raw; of a private person (neither account nor organization in the registry when it was
-- published) names, keys, addresses and identifiers too: keyed hashes stand for them.
-- Posts of three months back, items of the month and the next.
{{ config(materialized='table') }}
{%- set newest = 'seen_at desc, export_sha256 desc, source_row desc' %}
{%- set metrics = ['read', 'view', 'like', 'recommend', 'comment', 'share', 'repost'] %}
with seen as (
    select
        r.*,
        {{ item_id('r') }} as platform_item_id,
        {{ local_time('r.published_at') }} as published_at_local,
        coalesce(r.observed_at, e.received_at) as seen_at,
        coalesce(r.text, '') <> '' as has_text, coalesce(r.title, '') <> '' as has_title,
        coalesce(by_key.account_id, by_name.account_id) as account_id,
        coalesce(outlet_by_key.outlet_id, outlet_by_name.outlet_id) as registered_outlet_id,
        person.outlet_id is not null as is_registered_person
    from {{ source('raw', 'records') }} as r
    join {{ ref('stg_exports') }} as e on r.load_key = e.load_key
    left join {{ ref('stg_account_keys') }} as by_key
        on by_key.key_kind = 'key' and r.channel_type = by_key.platform and r.account_key = by_key.account_key
    left join {{ ref('stg_account_keys') }} as by_name
        on by_name.key_kind = 'name' and r.channel_type = by_name.platform
        and coalesce(r.account_key, r.account_name_raw) = by_name.account_key
        and (r.account_key is null or r.account_key_type = 'name')
    left join {{ ref('stg_channel_keys') }} as outlet_by_key
        on outlet_by_key.key_kind = 'key' and r.channel_type = outlet_by_key.channel_type
        and r.account_key = outlet_by_key.account_key
    -- A name says who it is only where the key is of another kind: anyone may call himself after a newspaper.
    left join {{ ref('stg_channel_keys') }} as outlet_by_name
        on outlet_by_name.key_kind = 'name' and r.channel_type = outlet_by_name.channel_type
        and r.account_name_raw = outlet_by_name.account_key and outlet_by_key.outlet_id is null
        and (r.account_key_type = 'name' or outlet_by_name.account_key_type is distinct from r.account_key_type)
    left join {{ ref('stg_channel_keys') }} as person
        on person.key_kind = 'pseudonym' and r.channel_type = person.channel_type
        and r.account_pseudonym = person.account_key
    where {{ in_months('r.month', 'records') }}
),

organizations as (
    select
        outlet_id, valid_from,
        -- Of spans that overlap the later begun counts, so that a record meets one.
        least(valid_to, coalesce(lead(valid_from) over (partition by outlet_id order by valid_from), valid_to)) as valid_to
    from {{ ref('stg_channels') }} where is_organization
),

placed as (
    select
        seen.*,
        seen.account_id is null and organizations.outlet_id is null as is_private
    from seen
    left join organizations
        on seen.registered_outlet_id = organizations.outlet_id
        and organizations.valid_from <= seen.published_at_local and seen.published_at_local < organizations.valid_to
    where seen.account_id is not null or {{ in_months('seen.month', 'items') }}
),

named as (
    select
        placed.*,
        case
            when is_private then channel_type || ':p' || left(md5(item_salt || ':' || record_id), 24)
            else platform_item_id
        end as item_id,
        case
            when is_private then channel_type || ':' || account_pseudonym
            else coalesce(registered_outlet_id, channel_type || ':' || account_key)
        end as outlet_id
    from placed
),

-- What an attribution may be called by outside the raw layer: registered names, and what a medium prints, unless it is
-- the name of a person's account.
registered_names as (select distinct name from {{ ref('stg_source_names') }}),

persons as (select distinct account_name_raw as name from placed where is_private and account_name_raw is not null),

own_weibo as (select distinct platform_item_id from placed where account_id is not null and channel_type = 'weibo'),

ranked as (
    select
        *,
        -- Where two exports disagree about whose record it is, the registered account's stands.
        row_number() over (partition by platform_item_id order by (account_id is null), {{ newest }}) as nth,
        first_value(item_id) over (partition by platform_item_id order by (account_id is null), {{ newest }}) as item_id_of_record,
        -- Lists of articles come without bodies: the newest observation that has one lends it.
        {% for part in ['load_key', 'source_row', 'month'] -%}
        first_value({{ part }}) over (
            partition by platform_item_id
            order by has_text desc, has_title desc, {{ newest }}
        ) as text_{{ part }}{{ ',' if not loop.last }}
        {% endfor %}
    from named
)

select
    r.item_id_of_record as item_id, r.nth, r.month as published_month, r.channel_type, r.outlet_id,
    r.registered_outlet_id is not null or r.is_registered_person as is_mapped, r.is_private, r.account_id,
    r.published_at, r.published_at_local, coalesce(r.published_precision, 'second') as published_precision,
    {% for name in ['record_id', 'alt_id', 'url', 'topics'] -%}
    case when not r.is_private then r.{{ name }} end as {{ name }},
    {% endfor -%}
    r.position, r.is_original, r.original_evidence, coalesce(r.is_deleted, false) as is_deleted,
    r.repost_of_id is not null as is_repost, own_weibo.platform_item_id as repost_of_post_id,
    case
        when registered_names.name is not null then r.source_name_raw
        when not r.is_private and r.channel_type <> 'weibo' and persons.name is null then r.source_name_raw
    end as source_name_raw,
    {% for metric in metrics -%}
    r.{{ metric }}_count, r.{{ metric }}_count_qualifier,
    {% endfor -%}
    r.read_unit, r.seen_at as observed_at, r.export_sha256, r.load_key, r.source_row,
    r.text_load_key, r.text_source_row, r.text_month
from ranked as r
left join own_weibo on r.channel_type = 'weibo' and own_weibo.platform_item_id = 'weibo:' || r.repost_of_id
left join registered_names on r.source_name_raw = registered_names.name
left join persons on r.source_name_raw = persons.name
