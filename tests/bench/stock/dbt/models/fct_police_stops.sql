with
stops as (
    select * from {{ source('raw', 'stops') }}
    qualify row_number() over (partition by id_num) = 1
)

select
    id_num as stop_number,
    timezone('America/Chicago', timezone('UTC', cast("date" as timestamp))) as stopped_at,
    case lower(trim(race))
        when 'asian' then 'asian'
        when 'black' then 'black'
        when 'east african' then 'black'
        when 'latino' then 'hispanic'
        when 'native american' then 'aian'
        when 'other' then 'other_race'
        when 'white' then 'white'
        when 'unknown' then 'observer_unknown'
        else 'not_collected'
    end as race,
    gender,
    problem,
    mdc as record_origin,
    person_search = 'YES' as is_person_searched,
    vehicle_search = 'YES' as is_vehicle_searched,
    citation_issued = 'YES' as is_citation_issued,
    police_precinct,
    neighborhood
from stops
