-- one row per sale of a parcel
with
sales as (
    {{ rows_over_time(ref('stg_assessor__property_sales'), 'fct_property_sales') }}
),

placed as (
    {{ place_conformed(
        'sales', on_date='sales.occurred_on', address='address', aldermanic_district='sales.aldermanic_district_reported'
    ) }}
),

final as (
    select
        {{ event_columns('property_sale', has_key=true) }},
        occurred_on,
        sold_on,
        sold_on_precision,
        {{ place_columns() }},
        parcel_number,
        price_usd,
        property_type_reported,
        condominium_reported,
        style_reported,
        exterior_wall_reported,
        built_year,
        stories_count,
        rooms_count,
        units_count,
        bedrooms_count,
        full_baths_count,
        half_baths_count,
        finished_square_feet,
        lot_square_feet,
        address,
        address_missing_reason,
        address_standard,
        match_stage,
        aldermanic_district_reported,
        assessor_area_reported
    from placed
)

select * from final
