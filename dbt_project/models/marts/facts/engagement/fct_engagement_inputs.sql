-- one row per input that may still be kept
with
inputs as (
    select inputs.*
    from {{ ref('stg_oei__engagement_inputs') }} as inputs
    cross join {{ ref('stg_receipts__clock') }} as clock
    -- the last day still counts; the day after it no fact holds the input
    where inputs.retained_until_on >= cast(clock.as_of as date)
),

placed as (
    {{ place_conformed('inputs', on_date='inputs.occurred_on', neighborhood='inputs.neighborhood_reported') }}
),

final as (
    select
        {{ event_columns('engagement_input', has_key=true) }},
        occurred_on,
        {{ place_columns_by_neighborhood() }},
        {{ race_columns() }},
        input_number,
        event_number,
        theme_code,
        language_code,
        is_translated,
        neighborhood_reported,
        retained_until_on
    from placed
)

select * from final
