-- one row per measure, window of whole years, race and age group: deaths, person-years, and the people of the standard population
-- Age group 0 is deaths of unknown age, which count in crude rates alone; race all has the deaths of unknown race, too.
{%- set causes = [('homicide_deaths_yearly', 'is_homicide'), ('drug_deaths_yearly', 'is_drug_death')] %}
with
deaths as (
    {%- for measure_id, condition in causes %}
    select
        '{{ measure_id }}' as measure_id,
        source,
        jurisdiction,
        year(occurred_on) as death_year,
        race_standard,
        case when race_ethnicity_code in ('asian', 'nhpi') then 'asian_or_nhpi' else race_ethnicity_code end as race_ethnicity_code,
        -- least() leaves a NULL out
        case when age_years is null then 0 else least(cast(floor(age_years / 5) as integer), 17) + 1 end as age_group,
        count(*) as deaths_count
    from {{ ref('fct_deaths_investigated') }}
    where {{ condition }}
    group by all
    {{ 'union all' if not loop.last }}
    {%- endfor %}
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

residents as (
    select * from {{ ref('int_population__county_years') }}
),

windows as (
    select * from {{ ref('int_deaths_investigated__windows') }}
),

person_years as (
    select
        windows.*,
        residents.race_ethnicity_code,
        residents.age_group,
        sum(residents.population) as population
    from windows
    inner join residents
        on
            windows.jurisdiction = residents.county_geoid
            and windows.race_standard = residents.race_standard
            and year(residents.reference_on) between windows.first_year and windows.last_year
    group by all
    having count(distinct residents.reference_on) = windows.last_year - windows.first_year + 1
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

weights as (
    -- the US 2000 standard in 18 groups; its smaller number of people is the same distribution
    select
        age_group,
        standard_population
    from {{ ref('stg_seer__standard_population') }}
    where standard = concat('s', cast({{ rule('age_standard') }} as integer))
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
