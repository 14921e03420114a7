-- One row is one Weibo post of a ranking month that exports give to two accounts; it is numbered, not named: one of the
-- accounts may be a person's.
with records as (
    select * from {{ source('raw', 'records') }}
),

-- Ids are Weibo's own, so one of the files is wrong; staging keeps the registered account's.
contested as (
    select
        month as ranking_month,
        record_id,
        min(account_pseudonym) as account_pseudonym,
        max(account_pseudonym) as other_account_pseudonym,
        min(export_sha256) as export_sha256,
        max(export_sha256) as other_export_sha256
    from records
    where channel_type = 'weibo' and account_key is not null
    group by
        month,
        record_id
    having count(distinct account_pseudonym) > 1
),

final as (
    select
        ranking_month,
        account_pseudonym,
        other_account_pseudonym,
        export_sha256,
        other_export_sha256,
        row_number() over (
            partition by ranking_month
            order by account_pseudonym, other_account_pseudonym, record_id
        ) as post_number
    from contested
)

select * from final
