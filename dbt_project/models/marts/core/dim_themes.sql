-- One row is one span in which a theme is declared.
{{ config(materialized='table') }}
with themes as (
    select * from {{ ref('themes') }}
),

final as (
    select
        theme_id,

        theme_name,
        theme_name_en,
        declared_by,
        reason,

        declared_on,
        valid_from,
        valid_to
    from themes
)

select * from final
