-- one row per respondent and wave
with
responses as (
    select * from {{ ref('stg_oei__resident_survey') }}
),

final as (
    select
        {{ event_columns('survey_response', has_key=true) }},
        cast(null as date) as occurred_on,
        period_start,
        period_end,
        {{ null_place_columns() }},
        {{ race_columns() }},
        race_ethnicity_written_in,
        race_ethnicity_written_in_code,
        wave,
        respondent_number,
        survey_mode_code,
        survey_mode_reported,
        zip_code,
        council_district_reported,
        city_reported,
        state_reported
    from responses
)

select * from final
