-- one row per stopped person
{{ config(
    materialized='incremental', incremental_strategy='append', on_schema_change='fail',
    meta={'incremental_source': 'fpc__police_stops'},
    pre_hook=["{{ delete_superseded_rows('fpc__police_stops') }}"]
) }}
with
stops as (
    select *
    from {{ ref('stg_fpc__police_stops') }}
    where {{ is_new_load() }}
),

final as (
    select
        {{ event_columns('police_stop', has_key=true) }},
        occurred_on,
        police_stop_at,
        {{ null_place_columns() }},
        {{ race_columns() }},
        race_before_stop_reported,
        sex_code,
        problem,
        stop_reason_code,
        record_origin,
        is_person_searched,
        is_person_searched_missing_reason,
        is_vehicle_searched,
        is_vehicle_searched_missing_reason,
        is_citation_issued,
        is_citation_issued_missing_reason,
        police_precinct_reported,
        police_precinct_geoid,
        neighborhood_reported
    from stops
)

select * from final
