with
calls as (
    select * from {{ source('raw', 'calls') }}
    where call_number <> ''
    qualify row_number() over (partition by call_number order by strptime(called_at, '%m/%d/%Y %I:%M:%S %p') desc) = 1
)

select
    calls.call_number,
    strptime(calls.called_at, '%m/%d/%Y %I:%M:%S %p') as called_at,
    calls.address,
    calls.district as district_reported,
    calls.nature,
    calls.status,
    places.* exclude (street_address)
from calls
left join {{ ref('addresses') }} as places on upper(trim(split_part(calls.address, ',', 1))) = places.street_address
