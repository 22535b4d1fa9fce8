-- one row per snapshot and address of the delivered stock of lead service lines
with
delivered as (
    select * from {{ ref('stg_dpw__lead_service_lines') }}
),

told_apart as (
    {{ numbered('delivered', within='occurred_on') }}
),

lead_lines as (
    select
        told_apart.*,
        -- the city's water goes to other municipalities, too (DPW-03)
        told_apart.municipality_reported is not null and words.word is null as is_beyond_the_city
    from told_apart
    left join {{ ref('address_words') }} as words
        on words.part = 'place' and words.word = upper(trim(told_apart.municipality_reported))
),

found as (
    {{ place_conformed('lead_lines', on_date='lead_lines.occurred_on', address='address', zip='lead_lines.zip_code') }}
),

maps_of_districts as (
    {{ aldermanic_maps() }}
),

-- a record of another municipality is outside every map of ours, whatever its address
placed as (
    select
        found.* replace (
            case when found.is_beyond_the_city then 'outside' else found.aldermanic_district_geoid end as aldermanic_district_geoid,
            case when found.is_beyond_the_city then maps_of_districts.geography_vintage else found.aldermanic_district_vintage end
                as aldermanic_district_vintage,
            case when found.is_beyond_the_city then 'outside' else found.police_district_geoid end as police_district_geoid,
            case when found.is_beyond_the_city then 'outside' else found.neighborhood_geoid end as neighborhood_geoid,
            case when found.is_beyond_the_city then 'delivered_code' else found.geocode_quality end as geocode_quality
        )
    from found
    left join maps_of_districts
        on
            found.is_beyond_the_city
            and coalesce(found.occurred_on, {{ last_day() }}) between maps_of_districts.valid_from and maps_of_districts.valid_to
),

final as (
    select
        {{ event_columns('lead_service_line', has_key=false, snapshot='occurred_on') }},
        occurred_on,
        {{ is_latest_snapshot('occurred_on') }} as is_latest_snapshot,
        {{ place_columns() }},
        address,
        address_standard,
        match_stage,
        municipality_reported,
        zip_code
    from placed
)

select * from final
