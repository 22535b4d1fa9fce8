select
    race,
    count(*) as stops,
    count(is_person_searched) as known,
    count(*) filter (where is_person_searched) as searched,
    searched / nullif(known, 0) as searched_share
from {{ ref('fct_police_stops') }}
group by race
