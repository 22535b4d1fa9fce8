-- one row per place, race and age universe: residents of the group in the 2020 census
{%- set same_whole = ['geography_type', 'geography_vintage', 'geoid', 'race_standard', 'age_universe'] %}
with
residents as (
    {{ census_residents(['city', 'aldermanic_district', 'police_district', 'neighborhood', 'tract']) }}
),

shares as (
    select
        residents.source,
        residents.jurisdiction,
        residents.period_start,
        residents.period_end,
        residents.geography_type,
        residents.geography_vintage,
        residents.geoid,
        residents.race_standard,
        residents.race_ethnicity_code,
        residents.population_fit,
        case when residents.age_universe = 'total' then 'all' else 'age_universe' end as stratum_type,
        case when residents.age_universe = 'total' then 'all' else residents.age_universe end as stratum_code,
        -- a part that is the whole may be a last digit above it
        least(residents.population, everybody.population) as numerator,
        everybody.population as denominator,
        -- everybody is all of everybody
        case when residents.race_ethnicity_code <> 'all' then residents.share_error end as share_error
    from residents
    inner join residents as everybody
        on {{ same_columns('residents', 'everybody', same_whole) }} and everybody.race_ethnicity_code = 'all'
    where not (residents.geography_type = 'tract' and residents.geography_vintage = '2010')
),

final as (
    select
        'population_by_race' as measure_id,
        1 as measure_version,
        * exclude (share_error),
        {{ interpolated_share_limits('numerator / nullif(denominator, 0)', 'share_error') }},
        'snapshot' as period_type,
        'aggregate' as method
    from shares
)

select * from final
