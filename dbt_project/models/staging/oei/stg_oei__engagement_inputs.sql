-- one row per input, those whose time to be kept is over among them
with
typed as (
    select * from {{ source('landing', 'oei__engagement_inputs') }}
),

contract as (
    {{ contract_row('oei__engagement_inputs') }}
),

renamed as (
    select
        'oei__engagement_inputs' as source,
        contract.jurisdiction,
        typed._record_hash,
        typed._load_id,
        typed._source_file,
        typed._source_row,
        typed.input_number,
        typed.event_number,
        typed.received_on as occurred_on,
        contract.collection_mode,
        typed.race_ethnicity,
        -- a theme that is no word of the list may be a person's name, and goes no further than landing
        {{ label_code_or_reason('themes', 'typed.theme_missing_reason') }} as theme_code,
        {{ label_code_or_reason('languages', 'typed.input_language_missing_reason') }} as language_code,
        typed.is_translated,
        nullif(upper({{ normalised('typed.home_neighborhood') }}), '') as neighborhood_reported,
        typed.retained_until_on
    from typed
    left join contract on true
    {{ code_of_label('engagement_theme', 'typed.theme', 'themes') }}
    {{ code_of_label('engagement_language', 'typed.input_language', 'languages') }}
),

conformed as (
    {{ race_conformed_list('renamed', 'renamed.race_ethnicity', ';', "'spd15_2024'", 'renamed.occurred_on') }}
)

select * from conformed
