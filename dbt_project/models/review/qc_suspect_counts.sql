-- One row is one count that is hard to believe: it fell, within a source, from an earlier observation of the same item by
-- more than its source's counts may, is so far above what its carrier usually has that a 万 may have slipped, is far above
-- what its channel type carries in the month, or is of likes or comments and above the item's reads.
with counts as (
    select * from {{ ref('fct_counts') }}
),

observations as (
    select * from {{ ref('fct_count_observations') }}
),

general_limits as (
    select * from {{ ref('int_quality_limits') }}
    where
        scope = ''
        and {{ in_months('ranking_month') }}
),

limits_of_source as (
    select * from {{ ref('int_quality_limits') }}
    where
        scope <> ''
        and {{ in_months('ranking_month') }}
),

-- An item is of the source that observed it last.
numbered_observations as (
    select
        item_id,
        connector,
        row_number() over (
            partition by item_id
            order by observed_at desc, source_row desc
        ) as number_in_item
    from observations
),

newest_source as (
    select
        item_id,
        connector
    from numbered_observations
    where number_in_item = 1
),

observed_changes as (
    select
        *,
        lag(value) over (
            partition by ranking_month, item_id, carrier_id, metric, connector
            order by observed_at, source_row
        ) as earlier_value
    from observations
    where
        is_exact
        and value is not null
),

fallen as (
    select
        changes.ranking_month,
        'fell' as reason,
        changes.item_id,
        changes.channel_type,
        changes.carrier_id as carrier,
        min(changes.connector) as connector,
        changes.metric,
        min(changes.value) as value,
        max(changes.earlier_value) as compared_with
    from observed_changes as changes
    inner join general_limits
        on
            changes.ranking_month = general_limits.ranking_month
            and general_limits.measure = 'fall_share'
    left join limits_of_source
        on
            changes.ranking_month = limits_of_source.ranking_month
            and changes.connector = limits_of_source.scope
            and limits_of_source.measure = 'fall_share'
    where changes.value < changes.earlier_value * (1 - coalesce(limits_of_source.value, general_limits.value))
    group by
        changes.ranking_month,
        changes.item_id,
        changes.channel_type,
        changes.carrier_id,
        changes.metric
),

usual_values as (
    select
        ranking_month,
        channel_type,
        carrier_id,
        metric,
        cast(percentile_disc(0.5) within group (order by value) as bigint) as usual_value
    from counts
    where value > 0
    group by ranking_month, channel_type, carrier_id, metric
    having count(*) >= 5
),

jumped as (
    select
        counts.ranking_month,
        'jumped' as reason,
        counts.item_id,
        counts.channel_type,
        counts.carrier_id as carrier,
        newest_source.connector,
        counts.metric,
        counts.value,
        usual_values.usual_value as compared_with
    from counts
    inner join usual_values
        on
            counts.ranking_month = usual_values.ranking_month
            and counts.channel_type = usual_values.channel_type
            and counts.carrier_id = usual_values.carrier_id
            and counts.metric = usual_values.metric
    inner join general_limits
        on
            counts.ranking_month = general_limits.ranking_month
            and general_limits.measure = 'jump_factor'
    left join newest_source
        on counts.item_id = newest_source.item_id
    left join limits_of_source
        on
            counts.ranking_month = limits_of_source.ranking_month
            and newest_source.connector = limits_of_source.scope
            and limits_of_source.measure = 'jump_factor'
    where counts.value >= usual_values.usual_value * coalesce(limits_of_source.value, general_limits.value)
),

numbered_counts as (
    select
        *,
        row_number() over (
            partition by ranking_month, channel_type, metric
            order by value, item_id, carrier_id
        ) as number_in_channel,
        count(*) over (partition by ranking_month, channel_type, metric) as count_in_channel
    from counts
    where value > 0
),

-- What most counts of a channel type do not exceed, whoever carries them.
high_values as (
    select
        numbered_counts.ranking_month,
        numbered_counts.channel_type,
        numbered_counts.metric,
        min(numbered_counts.value) as high_value
    from numbered_counts
    inner join general_limits
        on
            numbered_counts.ranking_month = general_limits.ranking_month
            and general_limits.measure = 'channel_quantile'
    where numbered_counts.number_in_channel >= numbered_counts.count_in_channel * general_limits.value
    group by
        numbered_counts.ranking_month,
        numbered_counts.channel_type,
        numbered_counts.metric
),

above_channel as (
    select
        counts.ranking_month,
        'above_channel' as reason,
        counts.item_id,
        counts.channel_type,
        counts.carrier_id as carrier,
        newest_source.connector,
        counts.metric,
        counts.value,
        high_values.high_value as compared_with
    from counts
    inner join high_values
        on
            counts.ranking_month = high_values.ranking_month
            and counts.channel_type = high_values.channel_type
            and counts.metric = high_values.metric
    inner join general_limits
        on
            counts.ranking_month = general_limits.ranking_month
            and general_limits.measure = 'channel_factor'
    left join newest_source
        on counts.item_id = newest_source.item_id
    where counts.value >= high_values.high_value * general_limits.value
),

above_reads as (
    select
        counts.ranking_month,
        'above_reads' as reason,
        counts.item_id,
        counts.channel_type,
        counts.carrier_id as carrier,
        newest_source.connector,
        counts.metric,
        counts.value,
        read_counts.value as compared_with
    from counts
    inner join counts as read_counts
        on
            counts.ranking_month = read_counts.ranking_month
            and counts.item_id = read_counts.item_id
            and counts.carrier_id = read_counts.carrier_id
            and read_counts.metric = 'read'
    left join newest_source
        on counts.item_id = newest_source.item_id
    where
        counts.metric <> 'read'
        and counts.value > read_counts.value
        and read_counts.value > 0
        and not read_counts.is_lower_bound
),

final as (
    select * from fallen
    union all
    select * from jumped
    union all
    select * from above_channel
    union all
    select * from above_reads
)

select * from final
