-- one row per measure, window of whole years, race and age group: deaths, person-years, and the people of the standard population
-- Age group 0 is deaths of unknown age, which count in crude rates alone; race all has the deaths of unknown race, too.
with
deaths as (
    select
        *,
        count(*) as deaths_count
    from {{ ref('int_deaths_investigated__causes') }}
    group by all
),

with_all as (
    select * from deaths
    union all by name
    select
        * exclude (race_ethnicity_code, deaths_count),
        'all' as race_ethnicity_code,
        sum(deaths_count) as deaths_count
    from deaths
    group by all
),

windows as (
    select * from {{ ref('int_deaths_investigated__windows') }}
),

window_years as (
    select
        *,
        unnest(range(first_year, last_year + 1)) as of_year
    from windows
),

-- the standard of the rule; a smaller number of its people is the same distribution
weights as (
    select
        people.age_group,
        ages.age_universe,
        people.standard_population
    from {{ ref('stg_seer__standard_population') }} as people
    inner join {{ ref('age_groups') }} as ages on people.age_group = ages.age_group
    inner join {{ ref('age_standards') }} as standards on people.standard = standards.standard
    where standards.age_standard = {{ rule('age_standard') }}
),

-- the residents of each year, by the base of the year
person_years as (
    select
        window_years.measure_id,
        window_years.source,
        window_years.jurisdiction,
        window_years.race_standard,
        window_years.period_type,
        window_years.first_year,
        window_years.last_year,
        window_years.period_start,
        window_years.period_end,
        residents.race_ethnicity_code,
        weights.age_group,
        sum(residents.population) as population
    from window_years
    {{ joined_base(
        usual_population(), "'total'", jurisdiction_type('window_years.jurisdiction'), 'window_years.race_standard',
        'make_date(window_years.of_year, 7, 1)',
    ) }}
    inner join {{ ref('fct_population') }} as residents
        on
            bases.population_scheme = residents.population_scheme
            and bases.geography_type = residents.geography_type
            and window_years.jurisdiction = residents.geoid
            and window_years.race_standard = residents.race_standard
    inner join weights on residents.age_universe = weights.age_universe
    where make_date(window_years.of_year, 12, 31) between bases.valid_from and bases.valid_to
    group by all
    having count(distinct window_years.of_year) = window_years.last_year - window_years.first_year + 1
),

counted as (
    select
        windows.*,
        with_all.race_ethnicity_code,
        with_all.age_group,
        sum(with_all.deaths_count) as deaths_count
    from windows
    inner join with_all
        on
            {{ same_columns('windows', 'with_all', ['measure_id', 'source', 'jurisdiction', 'race_standard']) }}
            and with_all.death_year between windows.first_year and windows.last_year
    group by all
),

united as (
    select * from person_years
    union all by name
    select * from counted
),

together as (
    select
        * exclude (first_year, last_year, population, deaths_count),
        max(population) as population,
        coalesce(max(deaths_count), 0) as deaths_count
    from united
    group by all
),

final as (
    select
        together.*,
        weights.standard_population
    from together
    left join weights on together.age_group = weights.age_group
)

select * from final
