-- one row per participant and event
with
typed as (
    select * from {{ source('landing', 'oei__engagement_participation') }}
),

contract as (
    {{ contract_row('oei__engagement_participation') }}
),

renamed as (
    select
        'oei__engagement_participation' as source,
        contract.jurisdiction,
        typed._record_hash,
        typed._load_id,
        typed._source_file,
        typed._source_row,
        typed.event_number,
        typed.participated_on as occurred_on,
        contract.collection_mode,
        typed.race_ethnicity,
        {{ label_code_or_reason('languages', 'typed.participant_language_missing_reason') }} as language_code,
        {{ label_code_or_reason('ages', 'typed.age_band_missing_reason') }} as age_band_code,
        -- the name is the code of a neighborhood
        nullif(upper({{ normalised('typed.home_neighborhood') }}), '') as neighborhood_reported
    from typed
    left join contract on true
    {{ code_of_label('engagement_language', 'typed.participant_language', 'languages') }}
    {{ code_of_label('engagement_age', 'typed.age_band', 'ages') }}
),

conformed as (
    {{ race_conformed_list('renamed', 'renamed.race_ethnicity', ';', "'spd15_2024'", 'renamed.occurred_on') }}
)

select * from conformed
