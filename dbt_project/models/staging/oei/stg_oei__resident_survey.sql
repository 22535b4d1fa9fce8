-- one row per respondent, with the answer to each coded item and why there is none
with
typed as (
    select * from {{ source('landing', 'oei__resident_survey') }}
),

contract as (
    {{ contract_row('oei__resident_survey') }}
),

-- a wave is called after the month in which it was asked (1QSEP2021); one that is not has the period that the contract declares
waves as (
    select
        wave,
        cast(try_strptime(regexp_extract(wave, '^\dQ([A-Za-z]{3}\d{4})$', 1), '%b%Y') as date) as first_day
    from (select distinct wave from typed) as delivered_waves
),

renamed as (
    select
        'oei__resident_survey' as source,
        contract.jurisdiction,
        typed._record_hash,
        typed._load_id,
        typed._source_file,
        typed._source_row,
        typed.wave,
        coalesce(waves.first_day, contract.period_start) as period_start,
        coalesce(last_day(waves.first_day), contract.period_end) as period_end,
        contract.collection_mode,
        typed.respondent_number,
        coalesce(modes.stratum_code, typed.method_missing_reason, 'not_mapped') as survey_mode_code,
        typed.method as survey_mode_reported,
        typed.race_ethnicity,
        typed.race_ethnicity_written_in as race_ethnicity_beside,
        typed.city as city_reported,
        typed.state as state_reported,
        typed.zip_code,
        typed.council_district as council_district_reported,
        {# every item, and why it has no answer; numbers, so that ticks are 1 and 0 #}
        cast(columns('^q\d+_[a-z0-9]+$') as integer),
        columns('^q\d+_[a-z0-9]+_missing_reason$')
    from typed
    left join contract on true
    left join waves on typed.wave = waves.wave
    left join {{ ref('stratum_crosswalk') }} as modes
        on modes.vocabulary = 'survey_mode' and {{ normalised('modes.reported_label') }} = {{ normalised('typed.method') }}
),

conformed as (
    {{ race_conformed_written_in(
        'renamed', 'renamed.race_ethnicity', 'renamed.race_ethnicity_beside', "'kansas_city_survey'", 'renamed.period_start'
    ) }}
)

select * exclude (race_ethnicity_beside) from conformed
