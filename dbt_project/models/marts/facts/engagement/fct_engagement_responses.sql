-- one row per input that the office has taken up and that may still be kept, in its last state
with
responses as (
    select * from {{ ref('stg_oei__engagement_responses') }}
),

delivered as (
    select * from {{ ref('stg_oei__engagement_inputs') }}
),

inputs as (
    select * from {{ ref('fct_engagement_inputs') }}
),

-- an answer is removed with its input; one whose input was never delivered stays, and the gate reports it
kept as (
    select
        responses.*,
        inputs.engagement_input_key
    from responses
    left join inputs on responses.input_number = inputs.input_number
    left join delivered on responses.input_number = delivered.input_number
    where inputs.input_number is not null or delivered.input_number is null
),

final as (
    select
        {{ event_columns('engagement_response', has_key=true) }},
        -- when residents were informed; NULL until then
        told_on as occurred_on,
        {{ null_place_columns() }},
        input_number,
        engagement_input_key,
        logged_on,
        answer_code,
        declined_reason_code,
        decision_body,
        decided_on,
        decision_reference,
        told_on,
        told_channel_reported,
        told_language_codes,
        data_as_of
    from kept
)

select * from final
