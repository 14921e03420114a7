-- Per method version and dimension, weights add up to exactly 1: a score of 100 can be reached and not passed.
select method_version, dimension, sum(weight) as total from {{ ref('method_indicators') }}
group by method_version, dimension having sum(weight) <> 1
