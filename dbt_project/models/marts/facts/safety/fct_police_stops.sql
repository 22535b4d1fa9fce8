-- one row per stopped person
with
stops as (
    select * from {{ ref('stg_fpc__police_stops') }}
),

final as (
    select
        {{ event_columns('police_stop', has_key=true) }},
        occurred_on,
        police_stop_at,
        {{ place_columns_of_no_place() }},
        {{ race_columns() }},
        race_before_stop_reported,
        sex_code,
        problem,
        record_origin,
        is_person_searched,
        is_person_searched_missing_reason,
        is_vehicle_searched,
        is_vehicle_searched_missing_reason,
        is_citation_issued,
        is_citation_issued_missing_reason,
        police_precinct_reported,
        neighborhood_reported
    from stops
)

select * from final
