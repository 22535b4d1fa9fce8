-- one row per event
{{ config(meta={'row_by_row': true}) }}
with
typed as (
    select * from {{ source('landing', 'oei__engagement_events') }}
),

contract as (
    {{ contract_row('oei__engagement_events') }}
),

labels as (
    select
        _record_hash,
        unnest({{ json_texts('languages') }}) as label
    from typed
),

spoken as (
    select
        labels._record_hash,
        {{ codes_as_list('languages') }} as language_codes
    from labels
    {{ code_of_label('engagement_language', 'labels.label', 'languages') }}
    group by labels._record_hash
),

interpreters as (
    select
        _record_hash,
        unnest({{ json_interpreters('interpreters') }}) as request
    from typed
),

asked as (
    select
        interpreters._record_hash,
        {{ codes_as_list('languages', among='interpreters.request.asked') }} as interpreters_asked,
        {{ codes_as_list('languages', among='interpreters.request.offered') }} as interpreters_offered,
        {{ codes_as_list('languages', among='interpreters.request.given') }} as interpreters_given
    from interpreters
    {{ code_of_label('engagement_language', 'interpreters.request.language', 'languages') }}
    group by interpreters._record_hash
),

conformed as (
    select
        'oei__engagement_events' as source,
        contract.jurisdiction,
        typed._record_hash,
        typed._load_id,
        typed._source_file,
        typed._source_row,
        typed.event_number,
        typed.event_name,
        typed.started_at as engagement_event_at,
        typed.ended_at,
        {{ label_code_or_reason('promised') }} as promised_level_code,
        {{ label_code_or_reason('delivered', 'typed.delivered_level_missing_reason') }} as delivered_level_code,
        {{ label_code_or_reason('channels') }} as channel_code,
        coalesce(spoken.language_codes, {{ empty_text_list() }}) as language_codes,
        {%- for state in ['asked', 'offered', 'given'] %}
        coalesce(asked.interpreters_{{ state }}, {{ empty_text_list() }}) as interpreters_{{ state }},
        {%- endfor %}
        typed.address,
        typed.address_missing_reason
    from typed
    left join contract on true
    left join spoken on typed._record_hash = spoken._record_hash
    left join asked on typed._record_hash = asked._record_hash
    {{ code_of_label('iap2', 'typed.promised_level', 'promised') }}
    {{ code_of_label('iap2', 'typed.delivered_level', 'delivered') }}
    {{ code_of_label('engagement_channel', 'typed.channel', 'channels') }}
)

select * from conformed
