-- One row is the method that is in force in the ranking month $1: what the bonus depends on, and how much is resampled.
with months as (
    select * from intermediate.int_months
    where ranking_month = $1
),

parameters as (
    select
        method_version,
        cast(max(case when parameter = 'bootstrap_replicates' then value end) as integer) as replicates,
        cast(max(case when parameter = 'interval_low' then value end) as decimal(9, 6)) as interval_low,
        cast(max(case when parameter = 'tier_level' then value end) as decimal(9, 6)) as tier_level
    from seeds.method_parameters
    group by method_version
),

final as (
    select
        months.method_version,

        months.bonus_transformation,

        months.bonus_per_theme,
        months.bonus_reference_posts,
        months.bonus_ceiling,
        parameters.replicates,
        parameters.interval_low,
        parameters.tier_level
    from months
    inner join parameters
        on months.method_version = parameters.method_version
)

select * from final
