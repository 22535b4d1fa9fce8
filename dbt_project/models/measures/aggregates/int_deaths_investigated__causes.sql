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
        -- least() leaves a NULL out
        case when deaths.age_years is null then 0 else least(cast(floor(deaths.age_years / 5) as integer), 17) + 1 end as age_group
    from deaths
    inner join {{ ref('death_causes') }} as causes on deaths.column_name = causes.column_name
    where deaths.has_cause
)

select * from final
