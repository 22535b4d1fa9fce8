-- one row per event
with
events as (
    select
        *,
        cast(engagement_event_at as date) as occurred_on
    from {{ ref('stg_oei__engagement_events') }}
),

placed as (
    {{ place_conformed('events', on_date='events.occurred_on', address='address') }}
),

levels as (
    select * from {{ ref('strata') }}
    where stratum_type = 'iap2_level'
),

levelled as (
    select
        placed.*,
        -- NULL where one of the two is not known
        delivered.sort_order >= promised.sort_order as is_promise_kept
    from placed
    left join levels as promised on placed.promised_level_code = promised.stratum_code
    left join levels as delivered on placed.delivered_level_code = delivered.stratum_code
),

final as (
    select
        {{ event_columns('engagement_event', has_key=true) }},
        occurred_on,
        engagement_event_at,
        {{ place_columns() }},
        ended_at,
        event_number,
        event_name,
        promised_level_code,
        delivered_level_code,
        is_promise_kept,
        channel_code,
        language_codes,
        interpreters_asked,
        interpreters_offered,
        interpreters_given,
        address,
        address_missing_reason,
        address_standard,
        match_stage
    from levelled
)

select * from final
