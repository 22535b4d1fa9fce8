-- one row per death and measure that counts its cause
with
deaths as (
    {{ unpivoted(
        ref('fct_deaths_investigated'),
        columns=['source', 'jurisdiction', 'occurred_on', 'race_standard', 'race_ethnicity_code', 'age_years'],
        names='column_name', values='has_cause', pattern='^is_'
    ) }}
),

final as (
    select
        causes.measure_id,
        deaths.source,
        deaths.jurisdiction,
        year(deaths.occurred_on) as death_year,
        deaths.race_standard,
        case when deaths.race_ethnicity_code in ('asian', 'nhpi') then 'asian_or_nhpi' else deaths.race_ethnicity_code end
            as race_ethnicity_code,
        -- 0 has the deaths of unknown age
        coalesce(ages.age_group, 0) as age_group
    from deaths
    inner join {{ ref('death_causes') }} as causes on deaths.column_name = causes.column_name
    left join {{ ref('age_groups') }} as ages
        on deaths.age_years >= ages.first_age and coalesce(deaths.age_years <= ages.last_age, true)
    where deaths.has_cause
)

select * from final
