-- one row per measure and version
with
measures as (
    select * from {{ ref('measure_registry') }}
),

final as (
    select
        measure_id,
        measure_version,
        name,
        question,
        caveat,
        concat_ws(' ÷ ', numerator, nullif(denominator, '')) as definition,
        policy_area,
        owner,
        source,
        kind,
        numerator,
        denominator,
        unit,
        favourable_direction,
        statistical_unit,
        numerator_is_subset,
        reference_rule,
        reference_code,
        minimum_n,
        age_universe,
        population_scheme,
        places,
        weighted_places,
        stratified_places,
        agreement,
        legal_basis,
        funding_source,
        measure_version = max(measure_version) over (partition by measure_id) as is_current
    from measures
)

select * from final
