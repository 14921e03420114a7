-- One row is one observation of a post of a ranking month, or of an item matched with one, that gives another title, text
-- or time than the observation that holds: the first that the strongest source has given.
with months as (
    select * from {{ ref('int_months') }}
    where {{ in_months('ranking_month') }}
),

posts as (
    select * from {{ ref('fct_posts') }}
    where {{ in_months('ranking_month') }}
),

reprints as (
    select * from {{ ref('fct_reprints') }}
    where {{ in_months('ranking_month') }}
),

observations as (
    select * from {{ ref('int_observations__ranked') }}
    where not is_first_seen
),

records as (
    select * from {{ ref('int_records__owned') }}
),

raw_records as (
    select * from {{ source('raw', 'records') }}
    where {{ in_months('month', 'records') }}
),

items as (
    select
        ranking_month,
        post_id as item_id
    from posts
    union distinct
    select
        ranking_month,
        item_id
    from reprints
),

repeated as (
    select
        items.ranking_month,
        observations.item_id,
        observations.load_key,
        observations.source_row,
        observations.published_month,
        observations.export_sha256,
        observations.published_at,
        observations.observed_at
    from items
    inner join observations
        on items.item_id = observations.item_id
),

-- Where in raw the texts are that are compared: few records of all, and only of these texts are read.
places as (
    select
        load_key,
        source_row,
        published_month as month
    from repeated
    union distinct
    select
        records.load_key,
        records.source_row,
        records.published_month as month
    from repeated
    inner join records
        on repeated.item_id = records.item_id
    union distinct
    select
        records.text_load_key as load_key,
        records.text_source_row as source_row,
        records.text_month as month
    from repeated
    inner join records
        on repeated.item_id = records.item_id
),

delivered as (
    select
        raw_records.load_key,
        raw_records.source_row,
        raw_records.month,
        raw_records.connector,
        raw_records.title,
        raw_records.text,
        raw_records.published_precision
    from raw_records
    inner join places
        on
            raw_records.load_key = places.load_key
            and raw_records.source_row = places.source_row
            and raw_records.month = places.month
),

compared as (
    select
        repeated.ranking_month,
        repeated.item_id,
        records.account_id,
        records.unit_id,
        records.outlet_id,
        records.channel_type,
        delivered.connector,
        delivered.title <> '' and texts.title <> ''
        and {{ normal_name('delivered.title') }} <> {{ normal_name('texts.title') }} as is_title_changed,
        -- Tools cut long texts: a beginning is no other text.
        delivered.text <> '' and texts.text <> ''
        and left({{ normal_name('texts.text') }}, length({{ normal_name('delivered.text') }}))
        <> left({{ normal_name('delivered.text') }}, length({{ normal_name('texts.text') }})) as is_text_changed,
        repeated.published_at > {{ last_moment('records.published_at', 'held.published_precision') }}
        + months.skew_minutes * interval '1' minute
        or {{ last_moment('repeated.published_at', 'delivered.published_precision') }}
        + months.skew_minutes * interval '1' minute < records.published_at as is_time_changed,
        {{ local_time('repeated.observed_at') }} as observed_at_local,
        repeated.export_sha256,
        repeated.source_row
    from repeated
    inner join months
        on repeated.ranking_month = months.ranking_month
    inner join records
        on repeated.item_id = records.item_id
    inner join delivered
        on
            repeated.load_key = delivered.load_key
            and repeated.source_row = delivered.source_row
            and repeated.published_month = delivered.month
    inner join delivered as held
        on
            records.load_key = held.load_key
            and records.source_row = held.source_row
            and records.published_month = held.month
    inner join delivered as texts
        on
            records.text_load_key = texts.load_key
            and records.text_source_row = texts.source_row
            and records.text_month = texts.month
),

final as (
    select
        ranking_month,
        item_id,
        account_id,
        unit_id,
        outlet_id,
        channel_type,
        connector,
        coalesce(is_title_changed, false) as is_title_changed,
        coalesce(is_text_changed, false) as is_text_changed,
        coalesce(is_time_changed, false) as is_time_changed,
        observed_at_local,
        export_sha256,
        source_row
    from compared
    where coalesce(is_title_changed, false) or coalesce(is_text_changed, false) or coalesce(is_time_changed, false)
)

select * from final
