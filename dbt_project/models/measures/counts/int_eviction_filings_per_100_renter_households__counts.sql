-- one row per twelve months and place: eviction filings, of renter households; the county, kinds of its tracts, tracts, parts of the city
with recursive
filings as (
    select * from {{ ref('fct_evictions_by_tract') }}
),

-- Releases move on by a month, and their twelve months overlap. The newest one, and before it those that end before a later one begins
-- (docs/rules.md, Published estimates).
candidates as (
    select distinct
        source,
        period_start,
        period_end
    from filings
),

windows as (
    select * from candidates
    qualify row_number() over (partition by source order by period_end desc) = 1
    union all
    select candidates.*
    from candidates
    inner join windows on candidates.source = windows.source and candidates.period_end < windows.period_start
    -- DuckDB 1.5 recurses without end where the number has no partition
    qualify row_number() over (partition by candidates.source order by candidates.period_end desc) = 1
),

shown as (
    select filings.*
    from filings
    inner join windows on filings.period_start = windows.period_start
),

-- The county keeps filings of tracts whose renter households are unknown or none: 0.2 % of them (DNS-02). The majority of a tract is a kind
-- of place and no group of people.
spread as (
    select
        shown.*,
        unnest([
            {
                'geography_type': {{ jurisdiction_type('shown.jurisdiction') }}, 'geography_vintage': 'current',
                'geoid': shown.jurisdiction, 'piece_tract_geoid': null, 'method': 'aggregate', 'stratum_type': 'all', 'stratum_code': 'all'
            },
            {
                'geography_type': {{ jurisdiction_type('shown.jurisdiction') }}, 'geography_vintage': 'current',
                'geoid': shown.jurisdiction, 'piece_tract_geoid': null, 'method': 'aggregate',
                'stratum_type': 'place_majority', 'stratum_code': shown.place_majority_code
            },
            {
                'geography_type': shown.geography_type, 'geography_vintage': shown.geography_vintage,
                'geoid': shown.geoid, 'piece_tract_geoid': null, 'method': 'aggregate', 'stratum_type': 'all', 'stratum_code': 'all'
            },
            -- weighed by who lives in it, in the city alone
            {
                'geography_type': 'city', 'geography_vintage': 'current',
                'geoid': city.city_geoid, 'piece_tract_geoid': shown.geoid, 'method': 'place_weighted',
                'stratum_type': 'all', 'stratum_code': 'all'
            }
        ]) as place
    from shown
    cross join {{ ref('stg_receipts__settings') }} as city
),

summed as (
    select
        source,
        jurisdiction,
        period_start,
        period_end,
        place.geography_type,
        place.geography_vintage,
        place.geoid,
        place.piece_tract_geoid,
        place.method,
        place.stratum_type,
        place.stratum_code,
        cast(sum(filings_count) as double) as numerator,
        nullif(cast(sum(renter_households_count) as double), 0) as denominator
    from spread
    where
        place.stratum_code is not null
        -- a tract where nothing is rented and no filing was made has no figure
        and (filings_count > 0 or renter_households_count is distinct from 0)
    group by all
),

final as (
    select
        'eviction_filings_per_100_renter_households' as measure_id,
        1 as measure_version,
        *,
        'multi_year' as period_type,
        {{ without_race() }},
        case when denominator is null then 'no_denominator' else 'computed' end as value_status,
        case when denominator is null then 'not_collected' end as status_reason
    from summed
)

select * from final
