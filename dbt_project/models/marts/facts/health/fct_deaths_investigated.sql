-- one row per person who died and whose death the Medical Examiner investigated
with
deaths as (
    select * from {{ ref('stg_mcme__deaths') }}
),

final as (
    select
        {{ event_columns('investigated_death', has_key=true) }},
        deaths.occurred_on,
        {{ null_place_columns() }},
        {{ race_columns() }},
        deaths.sex_code,
        deaths.age_years,
        deaths.age_years_missing_reason,
        deaths.manner_reported,
        deaths.death_type_reported,
        coalesce(deaths.manner_reported = 'Homicide', false) as is_homicide,
        coalesce(deaths.death_type_reported = 'Drug Related', false) as is_drug_death
    from deaths
)

select * from final
