-- One row is one post that the item $1 was compared with, and its evidence: what counts first, then by containment.
with matches as (
    select
        post_id,
        method,
        match_class,
        confidence,
        is_counted,
        reason,
        containment,
        item_containment,
        matched_chars,
        distinctive_chars,
        longest_run,
        numbers_aligned,
        numbers_equal,
        lag_seconds,
        credit_rule,
        decided_by,
        parameters_hash,
        evidence
    from evidence.matches
    where item_id = $1
),

rejected as (
    select
        post_id,
        false as is_counted,
        reason,
        containment,
        matched_chars,
        numbers_aligned,
        numbers_equal,
        parameters_hash
    from evidence.rejected
    where item_id = $1
),

pairs as (
    select * from matches
    union all by name
    select * from rejected
),

posts as (
    select * from staging.stg_posts
),

final as (
    select
        pairs.*,
        posts.account_id,
        posts.unit_id,
        posts.url,
        posts.title,
        posts.text,
        posts.published_at_local
    from pairs
    inner join posts on pairs.post_id = posts.post_id
)

select * from final
order by is_counted desc, containment desc, post_id
