-- one row per delivery day and part of the city: houses of the index that a lead service line serves, and listed lines without a house
with
-- what is another municipality's is none of the index
lead_lines as (
    select distinct
        source,
        jurisdiction,
        occurred_on,
        address,
        address_standard,
        match_stage
    from {{ ref('fct_lead_service_lines') }}
    where {{ council_place_type() }}_geoid is distinct from 'outside'
),

-- 5008-14 is one line that serves each house of the index from 5008 to 5014 on its side of the street
served as (
    select
        source,
        jurisdiction,
        occurred_on,
        address_standard
    from lead_lines
    where address_standard is not null
    union
    select
        lead_lines.source,
        lead_lines.jurisdiction,
        lead_lines.occurred_on,
        candidates.address_standard
    from lead_lines
    inner join {{ ref('int_addresses__candidates') }} as candidates
        on lead_lines.address = candidates.address and lead_lines.match_stage = candidates.match_stage
    where lead_lines.match_stage = 'range' and candidates.distance % 2 = 0
),

houses as (
    select
        served.source,
        served.jurisdiction,
        served.occurred_on,
        {{ piece_columns(of='places') }}
    from served
    inner join {{ ref('dim_address') }} as addresses on served.address_standard = addresses.address_standard
    inner join {{ ref('int_points__geocoded') }} as places
        on
            addresses.longitude = places.longitude
            and addresses.latitude = places.latitude
            and served.occurred_on between places.valid_from and places.valid_to
),

final as (
    select
        source,
        jurisdiction,
        occurred_on,
        {{ piece_columns() }},
        count(*) as houses_count,
        0 as unmatched_count
    from houses
    group by all
    union all by name
    select
        source,
        jurisdiction,
        occurred_on,
        0 as houses_count,
        count(distinct address) as unmatched_count
    from lead_lines
    where address_standard is null
    group by all
)

select * from final
