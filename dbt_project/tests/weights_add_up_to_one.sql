-- The weights of a method version and dimension add up to exactly 1: a score of 100 can be reached and not passed.
with indicators as (
    select * from {{ ref('method_indicators') }}
),

final as (
    select
        method_version,
        dimension,
        sum(weight) as total
    from indicators
    group by method_version, dimension
    having sum(weight) <> 1
)

select * from final
