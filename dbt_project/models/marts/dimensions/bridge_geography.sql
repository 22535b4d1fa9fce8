-- one row per pair of places of two maps: the share of a count in the first that the second gets
select * exclude (city_weight, city_fit_quality) replace ({{ ordered_fit('fit_quality') }} as fit_quality)
from {{ ref('int_places__with_fit_quality') }}
