-- One row is one exported observation of a record: whose it is, whether it is the one that holds (the first that the
-- strongest source has given), and where in raw the record's counts and its text are. Only ids and times pass the sorts
-- here; texts and counts are joined afterwards.
{%- set own_first = 'account_id is null, source_strength desc, ' %}
{%- set first_seen = 'received_at asc, observed_at asc, count_total asc, export_sha256 asc, source_row asc' %}
{%- set newest = 'observed_at desc, count_total desc, export_sha256 desc, source_row desc' %}
with observations as (
    select * from {{ ref('int_observations__named') }}
),

ranked as (
    select
        *,
        -- Where two exports disagree about whose record it is, the registered account's is the one that counts.
        row_number() over own_first_seen as position_of_observation,
        first_value(item_id) over own_first_seen as item_id_of_record,
        -- Counts grow: the newest of the strongest source holds.
        first_value(load_key) over own_newest as counts_load_key,
        first_value(source_row) over own_newest as counts_source_row,
        first_value(published_month) over own_newest as counts_month,
        first_value(observed_at) over own_newest as counts_observed_at,
        -- Lists of articles come without bodies: the first observation that has one supplies it.
        first_value(load_key) over with_text as text_load_key,
        first_value(source_row) over with_text as text_source_row,
        first_value(published_month) over with_text as text_month,
        -- A registered account's record is a post only where a source that may speak for accounts has it.
        max(case when account_id is not null and speaks_for_accounts then 1 else 0 end) over (
            partition by platform_item_id
        ) = 1 as is_own_post
    from observations
    window
        own_first_seen as (partition by platform_item_id order by {{ own_first }} {{ first_seen }}),
        own_newest as (partition by platform_item_id order by {{ own_first }} {{ newest }}),
        with_text as (partition by platform_item_id order by has_text desc, {{ own_first }} has_title desc, {{ first_seen }})
),

final as (
    select
        load_key,
        source_row,
        export_sha256,
        item_id_of_record as item_id,
        account_id,
        outlet_id,
        counts_load_key,
        counts_source_row,
        counts_month,
        text_load_key,
        text_source_row,
        text_month,
        channel_type,
        is_mapped,
        is_private,
        source_strength,
        position_of_observation = 1 as is_first_seen,
        is_time_contradicted,
        is_own_post,
        published_at,
        published_at_local,
        observed_at,
        counts_observed_at,
        published_month
    from ranked
)

select * from final
