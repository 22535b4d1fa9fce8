-- one row per population, age universe, type of place, race standard and span of days: the scheme that serves its events
with
bases as (
    select * from {{ ref('population_bases') }}
),

universes as (
    select 'total' as age_universe
    union
    select age_universe from {{ ref('measure_registry') }}
    where age_universe is not null
),

types as (
    select distinct geography_type from {{ ref('geography_vintages') }}
),

-- rows that name a universe or a type of place replace those that name none
named as (
    select
        bases.population,
        universes.age_universe,
        types.geography_type,
        bases.race_standard,
        bases.population_scheme,
        bases.valid_from,
        bases.valid_to
    from bases
    inner join universes on coalesce(bases.age_universe, universes.age_universe) = universes.age_universe
    inner join types on coalesce(bases.geography_type, types.geography_type) = types.geography_type
    qualify rank() over (
        partition by bases.population, universes.age_universe, types.geography_type, bases.race_standard
        order by bases.geography_type is null, bases.age_universe is null
    ) = 1
),

-- Every day has a base, the nearest before it or else the first: places have zeros and groups have weights in years that no base serves.
-- A rate has a denominator only between valid_from and valid_to.
final as (
    select
        *,
        case when lag(valid_from) over spans is null then {{ first_day() }} else valid_from end as nearest_from,
        coalesce(cast(lead(valid_from) over spans - interval 1 day as date), {{ last_day() }}) as nearest_to
    from named
    window spans as (partition by population, age_universe, geography_type, race_standard order by valid_from)
)

select * from final
