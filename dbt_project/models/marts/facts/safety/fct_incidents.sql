-- one row per delivered incident, of which only the period is known
with
delivered as (
    select * from {{ ref('stg_mpd__incidents') }}
),

incidents as (
    {{ numbered('delivered') }}
),

-- the map of the day on which the period ends: a row has no day of its own
placed as (
    {{ place_conformed(
        'incidents', on_date='incidents.period_end', address='address', tract='incidents.tract_reported',
        aldermanic_district='incidents.aldermanic_district_reported', police_district='incidents.police_district_reported',
        zip='incidents.zip_code'
    ) }}
),

final as (
    select
        {{ event_columns('incident', has_key=false) }},
        occurred_on,
        period_start,
        period_end,
        {{ place_columns() }},
        is_arson,
        is_assault,
        is_burglary,
        is_criminal_damage,
        is_homicide,
        is_robbery,
        is_sex_offense,
        is_theft,
        is_vehicle_theft,
        len(list_filter([
            is_arson, is_assault, is_burglary, is_criminal_damage, is_homicide, is_robbery, is_sex_offense, is_theft, is_vehicle_theft
        ], lambda offence: offence)) as offences_count,
        address,
        address_missing_reason,
        address_standard,
        match_stage,
        zip_code,
        tract_reported,
        aldermanic_district_reported,
        police_district_reported,
        neighborhood_strategic_area_reported,
        ward_reported
    from placed
)

select * from final
