-- one row per pair of places of two maps that share anything: the part of a count in the first that goes to the second
with
overlapped as (
    select
        *,
        case weight_basis when 'population' then 1 when 'address' then 2 else 3 end as preference,
        -- `outside` is by block codes, or else the county beyond the city; any other place is divided on each side of the limits
        case when from_geoid <> 'outside' then is_in_city end as side
    from {{ ref('int_places__overlaps') }}
),

parts as (
    select * from {{ ref('int_places__split_at_limits') }}
),

best as (
    select *
    from overlapped
    qualify preference = min(preference) over (partition by from_type, from_vintage, from_geoid, to_type, to_vintage, side)
),

-- under a thousandth of the one place and a hundredth of the other, two maps have drawn one line differently; blocks know no such lines
lasting as (
    select *
    from best
    qualify
        weight_basis = 'population'
        or amount >= 0.001 * sum(amount) over (partition by from_type, from_vintage, from_geoid, to_type, to_vintage, side)
        or (
            to_geoid <> 'outside'
            and amount >= 0.01 * sum(amount) over (partition by to_type, to_vintage, to_geoid, from_type, from_vintage, weight_basis)
        )
),

divided as (
    select
        *,
        amount / sum(amount) over one_side as part,
        coalesce(city_amount / nullif(sum(city_amount) over one_side, 0), part) as city_part
    from lasting
    window one_side as (partition by from_type, from_vintage, from_geoid, to_type, to_vintage, side)
),

-- a place without a polygon, a tract of another county, is what its blocks are
bounded as (
    select
        geography_type,
        geography_vintage,
        geoid,
        bool_or(is_in_city) as reaches_city
    from parts
    group by all
),

shared as (
    select
        divided.from_type,
        divided.from_vintage,
        divided.from_geoid,
        divided.to_type,
        divided.to_vintage,
        divided.to_geoid,
        sum(divided.part * coalesce(parts.part_share, 1)) as weight,
        -- people who are known to live in the city are in no part beyond its limits
        sum(case
            when not coalesce(bounded.reaches_city, false) then divided.part * coalesce(parts.part_share, 1)
            when divided.is_in_city then divided.city_part
            else 0
        end) as city_weight,
        arg_max(divided.weight_basis, divided.part * coalesce(parts.part_share, 1)) as weight_basis
    from divided
    left join bounded
        on
            divided.from_type = bounded.geography_type
            and divided.from_vintage = bounded.geography_vintage
            and divided.from_geoid = bounded.geoid
    left join parts
        on
            divided.from_type = parts.geography_type
            and divided.from_vintage = parts.geography_vintage
            and divided.from_geoid = parts.geoid
            and divided.side = parts.is_in_city
    where parts.geoid is not null or bounded.geoid is null
    group by all
)

select * from shared
