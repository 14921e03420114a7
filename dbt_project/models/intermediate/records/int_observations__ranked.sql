-- One row is one exported observation of a record: whose it is, whether it is the one that holds (the strongest
-- source's newest), and where in raw the record's text is. Only ids and times pass the sorts here; texts and counts are joined afterwards.
{%- set newest_first = 'observed_at desc, count_total desc, export_sha256 desc, source_row desc' %}
{%- set own_first = 'account_id is null, source_strength desc, ' ~ newest_first %}
{%- set with_text_first = 'has_text desc, has_title desc, source_strength desc, ' ~ newest_first %}
with observations as (
    select * from {{ ref('int_observations__named') }}
),

ranked as (
    select
        *,
        -- Where two exports disagree about whose record it is, the registered account's is the one that counts.
        row_number() over own_newest_first as position_of_observation,
        first_value(item_id) over own_newest_first as item_id_of_record,
        -- Lists of articles come without bodies: the newest observation that has one supplies it.
        first_value(load_key) over with_text_first as text_load_key,
        first_value(source_row) over with_text_first as text_source_row,
        first_value(published_month) over with_text_first as text_month,
        -- A registered account's record is a post only where a source that may speak for accounts has it.
        max(case when account_id is not null and speaks_for_accounts then 1 else 0 end) over (
            partition by platform_item_id
        ) = 1 as is_own_post
    from observations
    window
        own_newest_first as (partition by platform_item_id order by {{ own_first }}),
        with_text_first as (partition by platform_item_id order by {{ with_text_first }})
),

final as (
    select
        load_key,
        source_row,
        export_sha256,
        item_id_of_record as item_id,
        account_id,
        outlet_id,
        text_load_key,
        text_source_row,
        text_month,
        channel_type,
        is_mapped,
        is_private,
        source_strength,
        position_of_observation = 1 as is_newest,
        is_time_contradicted,
        is_own_post,
        published_at,
        published_at_local,
        observed_at,
        published_month
    from ranked
)

select * from final
