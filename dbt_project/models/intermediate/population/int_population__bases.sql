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

people as (
    select distinct
        population_scheme,
        geography_type
    from {{ ref('int_population__tabulated') }}
),

named as (
    select
        bases.population,
        universes.age_universe,
        types.geography_type,
        bases.race_standard,
        bases.population_scheme,
        bases.valid_from,
        bases.valid_to,
        coalesce(bases.if_delivered, false) as if_delivered,
        -- rows that name a type of place or a universe come before those that name none
        dense_rank() over (
            partition by bases.population, universes.age_universe, types.geography_type, bases.race_standard
            order by bases.geography_type is null, bases.age_universe is null
        ) as closeness
    from bases
    inner join universes on coalesce(bases.age_universe, universes.age_universe) = universes.age_universe
    inner join types on coalesce(bases.geography_type, types.geography_type) = types.geography_type
    left join people on bases.population_scheme = people.population_scheme and types.geography_type = people.geography_type
    where not coalesce(bases.if_delivered, false) or people.population_scheme is not null
),

-- The newest of those that serve if delivered serves later days, too.
kept as (
    select
        * replace (
            case
                when if_delivered and lead(valid_from) over (partition by {{ base_columns() }}, closeness order by valid_from) is null
                    then {{ last_day() }}
                else valid_to
            end as valid_to
        )
    from named
),

-- The closest rows replace the others; those that serve if delivered leave them the days before and between.
gaps as (
    select
        {{ base_columns() }},
        coalesce(cast(lag(valid_to) over earlier + interval 1 day as date), {{ first_day() }}) as gap_from,
        cast(valid_from - interval 1 day as date) as gap_to
    from kept
    where closeness = 1
    window earlier as (partition by {{ base_columns() }} order by valid_from)
    qualify bool_and(if_delivered) over (partition by {{ base_columns() }})
),

served as (
    select
        {{ base_columns() }},
        population_scheme,
        valid_from,
        valid_to
    from kept
    where closeness = 1
    union all
    select
        {{ base_columns('kept') }},
        kept.population_scheme,
        greatest(kept.valid_from, gaps.gap_from) as valid_from,
        least(kept.valid_to, gaps.gap_to) as valid_to
    from kept
    inner join gaps
        on
            {{ same_columns('kept', 'gaps', ['population', 'age_universe', 'geography_type', 'race_standard']) }}
            and kept.closeness = 2 and gaps.gap_from <= gaps.gap_to
            and kept.valid_from <= gaps.gap_to and kept.valid_to >= gaps.gap_from
),

-- Every day has a base, the nearest before it or else the first: places have zeros and groups have weights in years that no base serves.
-- A rate has a denominator only between valid_from and valid_to.
final as (
    select
        *,
        case when lag(valid_from) over spans is null then {{ first_day() }} else valid_from end as nearest_from,
        coalesce(cast(lead(valid_from) over spans - interval 1 day as date), {{ last_day() }}) as nearest_to
    from served
    window spans as (partition by {{ base_columns() }} order by valid_from)
)

select * from final
