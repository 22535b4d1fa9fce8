-- one row per pair of places of two maps: the part of a count in the first that goes to the second, all of it to somewhere; city_weight is
-- the part of a count of people who live in the city
with
shared as (
    select * from {{ ref('int_places__overlap_shares') }}
),

parts as (
    select * from {{ ref('int_places__split_at_limits') }}
),

places as (
    select
        geography_type,
        geography_vintage,
        geoid
    from parts
    union
    select
        geography_type,
        geography_vintage,
        geoid
    from {{ ref('int_blocks__assigned') }}
    where geoid <> 'outside'
),

-- a map that is not delivered has no area outside it
maps_of_city as (
    select
        geography_type,
        geography_vintage
    from {{ ref('geography_vintages') }}
    where
        is_city_only
        and (geography_type, geography_vintage) in (select (places.geography_type, places.geography_vintage) from places)
),

-- what no place on a map of the city holds is outside it
remainders as (
    select
        places.geography_type as from_type,
        places.geography_vintage as from_vintage,
        places.geoid as from_geoid,
        maps_of_city.geography_type as to_type,
        maps_of_city.geography_vintage as to_vintage,
        'outside' as to_geoid,
        1 - coalesce({{ sum_in_order('shared.weight') }}, 0) as weight,
        greatest(1 - coalesce({{ sum_in_order('shared.city_weight') }}, 0), 0) as city_weight,
        'area' as weight_basis
    from places
    inner join maps_of_city
        on (places.geography_type, places.geography_vintage) <> (maps_of_city.geography_type, maps_of_city.geography_vintage)
    left join shared
        on
            places.geography_type = shared.from_type
            and places.geography_vintage = shared.from_vintage
            and places.geoid = shared.from_geoid
            and maps_of_city.geography_type = shared.to_type
            and maps_of_city.geography_vintage = shared.to_vintage
    group by all
    having 1 - coalesce({{ sum_in_order('shared.weight') }}, 0) > 1e-9
),

all_weights as (
    select * from shared
    union all by name
    select * from remainders
),

complete as (
    select
        from_type,
        from_vintage,
        from_geoid,
        to_type,
        to_vintage,
        to_geoid,
        sum(weight) as weight,
        sum(city_weight) as city_weight,
        arg_max(weight_basis, weight) as weight_basis
    from all_weights
    group by all
),

totals as (
    select
        from_type,
        from_vintage,
        from_geoid,
        to_type,
        to_vintage,
        {{ sum_in_order('weight') }} as weight,
        {{ sum_in_order('city_weight') }} as city_weight
    from complete
    group by all
),

weighed as (
    select
        complete.* replace (
            complete.weight / totals.weight as weight,
            -- a map of more than the city may have no place on its side
            coalesce(complete.city_weight / nullif(totals.city_weight, 0), complete.weight / totals.weight) as city_weight
        )
    from complete
    inner join totals
        on {{ same_columns('complete', 'totals', ['from_type', 'from_vintage', 'from_geoid', 'to_type', 'to_vintage']) }}
)

select * from weighed
