-- One row is one source of a channel type with enough earlier months, with its rows in a ranking month and the band of the earlier ones.
{%- set months = months_of_the_build().split(",") %}

with limits as (
    select
        ranking_month,
        max(case when measure = 'history_band_k' then value end) as allowed_deviations,
        max(case when measure = 'history_spread_least' then value end) as spread_least,
        max(case when measure = 'history_months_least' then value end) as month_count_least
    from {{ ref('int_quality_limits') }}
    where scope = ''
    group by ranking_month
),

-- The months are written out, so that a question about one month opens its files and those of the twelve before it.
counts as (
    {%- for month in months %}
    select
        '{{ month }}' as ranking_month,
        month as counted_month,
        channel_type,
        connector,
        count(*) as row_count
    from {{ source('raw', 'records') }}
    where month between '{{ month_plus(month, -12) | trim }}' and '{{ month }}'
    group by
        month,
        channel_type,
        connector
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

medians as (
    select
        ranking_month,
        channel_type,
        connector,
        median(row_count) as median_count,
        count(*) as month_count
    from counts
    where counted_month < ranking_month
    group by
        ranking_month,
        channel_type,
        connector
),

deviations as (
    select
        medians.ranking_month,
        medians.channel_type,
        medians.connector,
        median(abs(counts.row_count - medians.median_count)) as median_deviation
    from counts
    inner join medians
        on
            counts.ranking_month = medians.ranking_month
            and counts.channel_type = medians.channel_type
            and counts.connector = medians.connector
    where counts.counted_month < counts.ranking_month
    group by
        medians.ranking_month,
        medians.channel_type,
        medians.connector
),

bands as (
    select
        medians.*,
        limits.allowed_deviations
        * greatest(deviations.median_deviation, limits.spread_least * medians.median_count) as half_width
    from medians
    inner join deviations
        on
            medians.ranking_month = deviations.ranking_month
            and medians.channel_type = deviations.channel_type
            and medians.connector = deviations.connector
    inner join limits
        on medians.ranking_month = limits.ranking_month
    where medians.month_count >= limits.month_count_least
),

final as (
    select
        bands.ranking_month,
        bands.channel_type,
        bands.connector,
        cast(bands.month_count as bigint) as month_count,
        cast(coalesce(counts.row_count, 0) as double) as row_count,
        bands.median_count,
        cast(greatest(floor(bands.median_count - bands.half_width), 0) as double) as low_count,
        cast(ceil(bands.median_count + bands.half_width) as double) as high_count
    from bands
    left join counts
        on
            bands.ranking_month = counts.ranking_month
            and bands.ranking_month = counts.counted_month
            and bands.channel_type = counts.channel_type
            and bands.connector = counts.connector
)

select * from final
