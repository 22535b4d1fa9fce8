-- one row per call number
with
calls as (
    select * from {{ ref('int_police_calls__placed') }}
),

final as (
    select
        {{ event_columns('police_call', has_key=true) }},
        occurred_on,
        police_call_at,
        cast(null as varchar) as tract_geoid,
        cast(null as varchar) as aldermanic_district_geoid,
        cast(null as varchar) as aldermanic_district_vintage,
        police_district_geoid,
        cast(null as varchar) as neighborhood_geoid,
        geocode_quality,
        call_number,
        nature,
        status,
        address,
        police_district_reported
    from calls
)

select * from final
