-- One row is one body that issues the ranking of a month.
select cast(m.ranking_month as varchar) as ranking_month, cast(i.position as integer) as position,
    cast(i.issuer_name as varchar) as issuer_name, cast(i.issuer_name_en as varchar) as issuer_name_en,
    cast(i.data_licence as varchar) as data_licence
from (select * from {{ ref('int_months') }} where {{ in_months('ranking_month') }}) as m
join {{ ref('issuers') }} as i on i.valid_from <= m.month_start and (i.valid_to is null or m.month_start < i.valid_to)
