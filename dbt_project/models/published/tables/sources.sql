-- one row per source
select * replace ({{ without_time_of_day('data_as_of') }} as data_as_of)
from {{ ref('dim_source') }}
order by all
