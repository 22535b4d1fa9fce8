-- one row per address of the city's index, with its point in degrees where it has one
with
typed as (
    select * from {{ source('landing', 'city__addresses') }}
),

contract as (
    {{ contract_row('city__addresses') }}
),

points as (
    select
        typed.*,
        case
            when typed.x is not null and typed.y is not null
                then {{ to_degrees('st_point(typed.x, typed.y)', "coalesce(contract.crs, 'EPSG:4326')") }}
        end as degrees
    from typed
    left join contract on true
),

renamed as (
    select
        'city__addresses' as source,
        _load_id,
        _source_file,
        _source_row,
        upper(address) as address,
        st_x(degrees) as longitude,
        st_y(degrees) as latitude
    from points
    where address is not null
    -- an address that the index has twice is where its first row with a point is
    qualify row_number() over (partition by upper(address) order by longitude is null, _source_file, _source_row) = 1
)

select * from renamed
