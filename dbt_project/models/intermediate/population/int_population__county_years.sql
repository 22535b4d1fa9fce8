-- one row per county, year, race and age group of five years: its residents on July 1, of the newest vintage
with
estimates as (
    select * from {{ ref('stg_census__population_estimates') }}
),

final as (
    select
        county_geoid,
        reference_on,
        race_standard,
        -- records of deaths have one box for both
        case when race_ethnicity_code in ('asian', 'nhpi') then 'asian_or_nhpi' else race_ethnicity_code end as race_ethnicity_code,
        age_group,
        sum(population) as population
    from estimates
    -- group 0 is all ages: with the others it would count everyone twice
    where age_group > 0
    group by all
)

select * from final
