-- one row per measure and version
with
-- a measure of a table of another state's agency is none of this city
measures as (
    select registry.*
    from {{ ref('measure_registry') }} as registry
    left join {{ ref('stg_receipts__agreements') }} as agreements on registry.source = agreements.source
    where registry.source is null or agreements.source is not null
),

former_owners as (
    select
        measure_id,
        string_agg(format('{} until {}', owner, owned_until), '; ' order by owned_until desc) as former_owners
    from {{ ref('former_measure_owners') }}
    group by measure_id
),

breaks as (
    select * from {{ ref('series_breaks') }}
    where measure_version is not null
),

-- Whether records are a stand-in for the city's own depends on the city of the run, so no fixed text can state it.
stand_ins as (
    select
        agreements.source,
        format(
            'The records are of {}, not of {}, and stand in for the city''s own.',
            coalesce(places.name, 'place ' || agreements.jurisdiction), city.city_title
        ) as stand_in_caveat
    from {{ ref('stg_receipts__agreements') }} as agreements
    cross join {{ ref('stg_receipts__settings') }} as city
    left join {{ ref('geographies') }} as places on places.geography_type = 'city' and agreements.jurisdiction = places.geoid
    where {{ jurisdiction_type('agreements.jurisdiction') }} = 'city' and agreements.jurisdiction <> city.city_geoid
),

-- a measure names a population, or one of its schemes
populations as (
    select
        population_scheme,
        -- a scheme that serves several is that of the most general one
        arg_min(population, (if_delivered, geography_type is not null, valid_from, population)) as population
    from {{ ref('population_bases') }}
    group by all
),

-- what serves most types of place now
newest as (
    select
        population,
        arg_max(population_scheme, valid_from) as population_scheme
    from {{ ref('population_bases') }}
    where geography_type is null
    group by all
),

final as (
    select
        measures.measure_id,
        measures.measure_version,
        measures.name,
        measures.question,
        concat_ws(' ', measures.caveat, stand_ins.stand_in_caveat) as caveat,
        case measures.kind
            when 'median' then format('Median of: {}. Among: {}', measures.numerator, measures.denominator)
            else concat_ws(' ÷ ', measures.numerator, nullif(measures.denominator, ''))
        end as definition,
        measures.policy_area,
        measures.owner,
        former_owners.former_owners,
        measures.source,
        measures.kind,
        measures.numerator,
        measures.denominator,
        measures.unit,
        measures.favourable_direction,
        measures.statistical_unit,
        measures.numerator_is_subset,
        measures.reference_rule,
        measures.reference_code,
        cast(coalesce(measures.minimum_n, {{ rule('min_events') }}) as integer) as minimum_n,
        measures.age_universe,
        coalesce(populations.population, measures.population_scheme) as population,
        newest.population_scheme,
        measures.places,
        measures.weighted_places,
        measures.stratified_places,
        measures.agreement,
        measures.legal_basis,
        measures.funding_source,
        measures.is_estimate,
        measures.interval_basis,
        measures.measure_version = max(measures.measure_version) over (partition by measures.measure_id) as is_current,
        breaks.series_break_on,
        breaks.series_break_note,
        retired.retired_on,
        retired.successor,
        retired.reason as retirement_reason
    from measures
    left join {{ ref('retired_measures') }} as retired on measures.measure_id = retired.measure_id
    left join former_owners on measures.measure_id = former_owners.measure_id
    left join breaks on measures.measure_id = breaks.measure_id and measures.measure_version = breaks.measure_version
    left join populations on measures.population_scheme = populations.population_scheme
    left join newest on coalesce(populations.population, measures.population_scheme) = newest.population
    left join stand_ins on measures.source = stand_ins.source
)

select * from final
