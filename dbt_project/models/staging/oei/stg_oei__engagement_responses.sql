-- one row per input that the office has taken up, in its last state
with
typed as (
    select * from {{ source('landing', 'oei__engagement_responses') }}
),

contract as (
    {{ contract_row('oei__engagement_responses') }}
),

-- one letter may be in two languages: English; Spanish
labels as (
    select
        _record_hash,
        unnest(string_split(told_languages, ';')) as label
    from typed
),

languages_of_answer as (
    select
        labels._record_hash,
        {{ codes_as_list('languages') }} as told_language_codes
    from labels
    {{ code_of_label('engagement_language', 'labels.label', 'languages') }}
    where trim(labels.label) <> ''
    group by labels._record_hash
),

conformed as (
    select
        'oei__engagement_responses' as source,
        contract.jurisdiction,
        typed._record_hash,
        typed._load_id,
        typed._source_file,
        typed._source_row,
        typed.input_number,
        typed.logged_on,
        {{ label_code_or_reason('answers') }} as answer_code,
        -- only what was declined has a reason or lacks one
        case
            when answers.stratum_code = 'declined' then {{ label_code_or_reason('reasons', 'typed.declined_reason_missing_reason') }}
        end as declined_reason_code,
        typed.decision_body,
        typed.decided_on,
        typed.decision_reference,
        typed.told_on,
        typed.told_channel as told_channel_reported,
        coalesce(languages_of_answer.told_language_codes, {{ empty_text_list() }}) as told_language_codes,
        contract.data_as_of
    from typed
    left join contract on true
    left join languages_of_answer on typed._record_hash = languages_of_answer._record_hash
    {{ code_of_label('engagement_answer', 'typed.answer', 'answers') }}
    {{ code_of_label('declined_reason', 'typed.declined_reason', 'reasons') }}
)

select * from conformed
