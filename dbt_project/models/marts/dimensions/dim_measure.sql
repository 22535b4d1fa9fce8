-- one row per measure and version
with
measures as (
    select * from {{ ref('measure_registry') }}
),

breaks as (
    select * from {{ ref('series_breaks') }}
),

final as (
    select
        measures.measure_id,
        measures.measure_version,
        measures.name,
        measures.question,
        measures.caveat,
        concat_ws(' ÷ ', measures.numerator, nullif(measures.denominator, '')) as definition,
        measures.policy_area,
        measures.owner,
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
        measures.minimum_n,
        measures.age_universe,
        measures.population_scheme,
        measures.places,
        measures.weighted_places,
        measures.stratified_places,
        measures.agreement,
        measures.legal_basis,
        measures.funding_source,
        measures.measure_version = max(measures.measure_version) over (partition by measures.measure_id) as is_current,
        breaks.series_break_on,
        breaks.series_break_note
    from measures
    left join breaks on measures.measure_id = breaks.measure_id and measures.measure_version = breaks.measure_version
)

select * from final
