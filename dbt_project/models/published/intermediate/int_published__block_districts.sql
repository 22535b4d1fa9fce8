-- one row per side of a block of house numbers with its council district on today's map, or per number where a side has several
with
houses as (
    select
        -- the standard form is the number with its letter, a space and the street
        substr(address_standard, strpos(address_standard, ' ') + 1) as street,
        house_number // 100 as block,
        house_number % 2 as side,
        house_number,
        longitude,
        latitude,
        {{ council_place_type() }}_geoid as district,
        {{ council_place_type() }}_vintage as vintage
    from {{ ref('dim_address') }}
    where {{ council_place_type() }}_geoid is not null
),

-- a point of the register may be that of another street: 5205 S 27TH ST is registered 18 km north of 5204
long_blocks as (
    select
        street,
        block
    from houses
    group by all
    having
        st_distance_sphere(st_point(min(latitude), min(longitude)), st_point(max(latitude), max(longitude)))
        > {{ rule('most_meters_from_block') }}
),

middles as (
    select
        houses.street,
        houses.block,
        median(houses.longitude) as longitude,
        median(houses.latitude) as latitude
    from houses
    inner join long_blocks on houses.street = long_blocks.street and houses.block = long_blocks.block
    group by all
),

located as (
    select
        houses.* replace (
            case
                when
                    middles.street is null
                    or st_distance_sphere(
                        st_point(houses.latitude, houses.longitude), st_point(middles.latitude, middles.longitude)
                    )
                    <= {{ rule('most_meters_from_block') }}
                    then houses.district
            end as district
        )
    from houses
    left join middles on houses.street = middles.street and houses.block = middles.block
),

sides as (
    select
        street,
        block,
        side,
        min(house_number) as first_number,
        max(house_number) as last_number,
        min(district) as district,
        max(vintage) as vintage,
        count(district) < count(*) or min(district) <> max(district) as is_divided
    from located
    group by street, block, side
),

-- a number is in no district if its point is doubtful, or if its letters are in two
numbers as (
    select
        located.street,
        located.block,
        located.side,
        located.house_number as first_number,
        located.house_number as last_number,
        case
            when count(located.district) = count(*) and min(located.district) = max(located.district) then min(located.district)
        end as district,
        max(located.vintage) as vintage
    from located
    inner join sides on located.street = sides.street and located.block = sides.block and located.side = sides.side
    where sides.is_divided
    group by located.street, located.block, located.side, located.house_number
),

final as (
    select * exclude (is_divided)
    from sides
    where not is_divided
    union all
    select * from numbers
)

select * from final
