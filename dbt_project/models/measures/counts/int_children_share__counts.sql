-- one row per place and race: residents under 18 of the group, of its residents of all ages
{%- set same_group = ['geography_type', 'geography_vintage', 'geoid', 'race_standard', 'race_ethnicity_code'] %}
with
residents as (
    {{ census_residents(['city', 'aldermanic_district', 'police_district']) }}
),

final as (
    select
        'children_share' as measure_id,
        1 as measure_version,
        residents.source,
        residents.jurisdiction,
        'snapshot' as period_type,
        residents.period_start,
        residents.period_end,
        {{ 'residents.' ~ same_group | join(', residents.') }},
        'aggregate' as method,
        {{ without_stratum() }},
        -- moved people may be a last digit beyond all of them
        greatest(residents.population - adults.population, 0) as numerator,
        residents.population as denominator,
        residents.population_fit,
        {{ interpolated_share_limits('numerator / nullif(denominator, 0)', 'residents.children_share_error') }}
    from residents
    inner join residents as adults on {{ same_columns('residents', 'adults', same_group) }} and adults.age_universe = '18_and_over'
    where residents.age_universe = 'total'
)

select * from final
