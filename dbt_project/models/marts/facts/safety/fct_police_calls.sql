-- one row per call number
{{ config(
    materialized='incremental', incremental_strategy='append', on_schema_change='fail',
    meta={'incremental_source': 'mpd__dispatched_calls'},
    pre_hook=["{{ delete_superseded_rows('mpd__dispatched_calls') }}"]
) }}
with
calls as (
    select *
    from {{ ref('int_police_calls__geocoded') }}
    where {{ is_new_load() }}
),

final as (
    select
        {{ event_columns('police_call', has_key=true, is_public=true) }},
        occurred_on,
        police_call_at,
        {{ place_columns() }},
        call_number,
        nature,
        status,
        address,
        police_district_reported
    from calls
)

select * from final
