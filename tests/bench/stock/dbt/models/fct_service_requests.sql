select
    cast(requests.creationdate as timestamp) as created_at,
    cast(nullif(requests.closeddatetime, '') as timestamp) as closed_at,
    requests.title as request_type,
    requests.objectdesc as address,
    places.* exclude (street_address),
    date_diff('second', created_at, closed_at) / 86400.0 as days_to_close
from {{ source('raw', 'requests') }} as requests
left join {{ ref('addresses') }} as places on upper(trim(split_part(requests.objectdesc, ',', 1))) = places.street_address
