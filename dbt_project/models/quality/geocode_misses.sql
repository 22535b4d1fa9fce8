-- one row per source, type of place and place: records there, and how many of them neither address nor point places
-- A record that is missed counts where its delivered codes put it; without any its place is unknown. A place whose records are missed
-- more often than others' is left out of every measure by place more often, too.

with
settings as (
    select * from {{ ref('stg_receipts__settings') }}
),

records as (
    {%- for placed in facts_with_place() %}
    select
        facts.source,
        facts.jurisdiction,
        {%- for each in fact_place_types() %}
        facts.{{ each.geography_type }}_geoid,
        {%- endfor %}
        {{ placed.zip_code or 'null' }} as zip_code,
        {{ placed.address or 'null' }} as address,
        -- a record known to be beyond the city is not lost
        facts.geocode_quality not in ('address', 'address_relaxed', 'delivered_point')
        and coalesce(facts.{{ council_place_type() }}_geoid, '') <> 'outside' as is_missed
    from {{ ref(placed.fact) }} as facts
    {{ 'where facts.is_latest_snapshot' if placed.is_stock }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- alike records are counted before their addresses are read for a ZIP code and before they are spread over the types of place
alike as (
    select
        records.* exclude (is_missed),
        count(*) as "rows",
        count(*) filter (where records.is_missed) as missed
    from records
    where records.jurisdiction in (select settings.city_geoid from settings)
    group by all
),

counts as (
    select
        * exclude (zip_code, address),
        coalesce(zip_code, {{ zip_of('address') }}) as zcta_geoid
    from alike
),

by_place as (
    select
        source,
        unnest([
            { 'geography_type': 'city', 'geoid': jurisdiction },
            {%- for each in fact_place_types() %}
            { 'geography_type': '{{ each.geography_type }}', 'geoid': {{ each.geography_type }}_geoid },
            {%- endfor %}
            { 'geography_type': 'zcta', 'geoid': zcta_geoid }
        ]) as place,
        "rows",
        missed
    from counts
),

final as (
    select
        source,
        place.geography_type,
        coalesce(place.geoid, 'unknown') as geoid,
        cast(sum("rows") as bigint) as "rows",
        cast(sum(missed) as bigint) as missed
    from by_place
    group by all
)

select * from final
