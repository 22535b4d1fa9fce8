-- 30 June still belongs to the school year that began the July before; a week ends on Saturday and Sunday; every day occurs once
select
    date_on,
    school_year_start_on,
    is_weekend
from {{ ref('dim_date') }}
where
    (date_on = date '2019-06-30' and school_year_start_on <> date '2018-07-01')
    or (date_on = date '2019-07-01' and school_year_start_on <> date '2019-07-01')
    or (date_on in (date '2019-07-05', date '2019-07-08') and is_weekend)
    or (date_on in (date '2019-07-06', date '2019-07-07') and not is_weekend)
