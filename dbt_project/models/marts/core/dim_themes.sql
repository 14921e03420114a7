-- One row is one span in which a theme is declared.
{{ config(materialized='table') }}
select theme_id, theme_name, theme_name_en, valid_from, valid_to, declared_by, declared_on, reason from {{ ref('themes') }}
