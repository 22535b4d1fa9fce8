-- one row per delivered year and 2020 tract of the city, those without a foreclosure among them
with
delivered as (
    select * from {{ ref('stg_dcd__foreclosures') }}
),

city_tracts as (
    select weighed.from_geoid as tract_geoid
    from {{ ref('int_places__weights') }} as weighed
    inner join {{ ref('stg_receipts__settings') }} as city on weighed.to_geoid = city.city_geoid
    where weighed.from_type = 'tract' and weighed.from_vintage = '2020' and weighed.to_type = 'city'
),

tracts as (
    select tract_geoid from city_tracts
    union
    select tract_geoid from delivered
),

-- A year without a delivery is unknown, not zero. The delivered rows of a year show where its zeros come from.
years as (
    select
        source,
        jurisdiction,
        _load_id,
        _source_file,
        period_start,
        period_end
    from delivered
    where foreclosures_count is not null
    qualify row_number() over (partition by period_start order by _load_id, _source_file, _source_row) = 1
),

-- Only tracts with a foreclosure have a row: what is absent is zero, and its parcels are unknown (DCD-01). A row that a newer release
-- withdrew is delivered without values: neither the old value nor zero is true of it.
absent as (
    select
        years.source,
        years.jurisdiction,
        -- as typing makes it of source and key, so that the key stays when the row is delivered
        md5(concat_ws(chr(31), years.source, year(years.period_start), tracts.tract_geoid)) as _record_hash,
        years._load_id,
        years._source_file,
        0 as _source_row,
        years.period_start,
        years.period_end,
        tracts.tract_geoid,
        cast(null as bigint) as private_parcels_count,
        0 as foreclosures_count,
        false as is_delivered
    from years
    cross join tracts
    anti join delivered
        on years.period_start = delivered.period_start and tracts.tract_geoid = delivered.tract_geoid
),

every_tract as (
    select
        *,
        foreclosures_count is not null as is_delivered
    from delivered
    union all by name
    select * from absent
),

final as (
    select
        {{ event_columns('foreclosures_by_tract', has_key=true, is_public=true) }},
        cast(null as date) as occurred_on,
        period_start,
        period_end,
        '2020' as tract_vintage,
        {{ null_piece_columns({'tract_geoid': 'tract_geoid'}) }},
        'delivered_code' as geocode_quality,
        case when foreclosures_count is null then 'not_collected' else 'computed' end as value_status,
        foreclosures_count,
        private_parcels_count,
        case when private_parcels_count is null then 'not_collected' end as private_parcels_count_missing_reason,
        1000 * foreclosures_count / nullif(private_parcels_count, 0) as foreclosures_per_1000,
        foreclosures_per_1000_reported,
        is_delivered
    from every_tract
)

select * from final
