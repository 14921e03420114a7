-- One row is one exported observation of a record, with the registered account, outlet or person that its key or name
-- means. It shows identifiers as delivered: a view in the schema raw, which nothing of a person leaves.
-- Records of the months back and ahead that the months of the build read.
with records as (
    select * from {{ source('raw', 'records') }}
    where {{ in_months('month', 'records') }}
),

exports as (
    select * from {{ ref('stg_exports') }}
),

source_authority as (
    select * from {{ ref('int_registry__source_authority') }}
),

account_keys as (
    select * from {{ ref('int_registry__account_keys') }}
),

channel_keys as (
    select * from {{ ref('int_registry__channel_keys') }}
),

method_versions as (
    select * from {{ ref('method_versions') }}
),

method_parameters as (
    select * from {{ ref('method_parameters') }}
),

-- Written out: a second reader of the records would have all of them kept in memory, with their texts.
months as (
    {%- for month in months_of_the_build('records').split(',') %}
    select '{{ month }}' as month
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

-- The clock skew that the method allows in each month of the records.
skews as (
    select
        months.month,
        cast(method_parameters.value as integer) * interval '1' minute as skew
    from months
    inner join method_versions
        on {{ in_force('method_versions', "cast(months.month || '-01' as date)") }}
    inner join method_parameters
        on
            method_versions.method_version = method_parameters.method_version
            and method_parameters.parameter = 'skew_minutes'
),

-- Texts stay behind here: what follows joins and sorts ids, times and sums only.
timed as (
    select
        records.load_key,
        records.source_row,
        records.export_sha256,
        records.record_id,
        records.account_key,
        records.account_key_type,
        {{ normal_name('records.account_name_raw') }} as normal_account_name,
        {{ normal_name('coalesce(records.account_key, records.account_name_raw)') }} as normal_key,
        records.account_pseudonym,
        records.item_salt,
        records.channel_type,
        {{ item_id('records') }} as platform_item_id,
        {{ count_total('records') }} as count_total,
        coalesce(records.text, '') <> '' as has_text,
        coalesce(records.title, '') <> '' as has_title,
        records.published_at as exported_at,
        {{ last_moment('records.published_at', 'records.published_precision') }} as exported_until,
        {{ platform_time('records') }} as platform_time,
        records.observed_at,
        records.month
    from records
),

compared as (
    select
        timed.*,
        coalesce(
            timed.platform_time < timed.exported_at - skews.skew
            or timed.platform_time > timed.exported_until + skews.skew,
            false
        ) as is_time_contradicted
    from timed
    left join skews
        on timed.month = skews.month
),

-- An exported time that the platform's own id contradicts gives way to the id's; so does one before the id was made, which
-- cannot be, however little: within the skew it would make a copy the origin.
dated as (
    select
        compared.*,
        case
            when compared.is_time_contradicted or compared.platform_time > compared.exported_until
                then compared.platform_time
            else compared.exported_at
        end as published_at
    from compared
),

final as (
    select
        records.load_key,
        records.source_row,
        records.export_sha256,
        records.platform_item_id,
        coalesce(account_by_key.account_id, account_by_name.account_id) as account_id,
        coalesce(outlet_by_key.outlet_id, outlet_by_name.outlet_id) as registered_outlet_id,
        records.record_id,
        records.account_key,
        records.account_pseudonym,
        records.item_salt,
        records.channel_type,
        records.count_total,
        person.outlet_id is not null as is_registered_person,
        records.has_text,
        records.has_title,
        records.is_time_contradicted,
        coalesce(source_authority.speaks_for_accounts, false) as speaks_for_accounts,
        coalesce(source_authority.strength, 0) as source_strength,
        records.published_at,
        {{ local_time('records.published_at') }} as published_at_local,
        coalesce(records.observed_at, exports.received_at) as observed_at,
        exports.received_at,
        records.month as published_month
    from dated as records
    inner join exports
        on records.load_key = exports.load_key
    left join source_authority
        on records.load_key = source_authority.load_key
    left join account_keys as account_by_key
        on
            account_by_key.key_kind = 'key'
            and records.channel_type = account_by_key.platform
            and records.account_key = account_by_key.account_key
    left join account_keys as account_by_name
        on {{ means_by_name('records', 'account_by_name') }}
    left join channel_keys as outlet_by_key
        on
            outlet_by_key.key_kind = 'key'
            and records.channel_type = outlet_by_key.channel_type
            and records.account_key = outlet_by_key.account_key
    -- A name identifies an outlet only where the key is of another kind: anyone may take the name of a newspaper.
    left join channel_keys as outlet_by_name
        on
            outlet_by_name.key_kind = 'name'
            and records.channel_type = outlet_by_name.channel_type
            and records.normal_account_name = outlet_by_name.account_key
            and outlet_by_key.outlet_id is null
            and (
                records.account_key_type = 'name'
                or outlet_by_name.account_key_type is distinct from records.account_key_type
            )
    left join channel_keys as person
        on
            person.key_kind = 'pseudonym'
            and records.channel_type = person.channel_type
            and records.account_pseudonym = person.account_key
)

select * from final
