-- one row per measure, version, period, place, race standard, race, tabulation, method and stratum
with
reasoned as (
    select
        referenced.*,
        contracts.data_as_of,
        referenced.race_kind in ('category', 'combination', 'combined_legacy') and not referenced.hides_a_race as has_bounds,
        -- the first of these that holds says why there is no ratio
        case
            when referenced.value_status <> 'computed' then referenced.status_reason
            when referenced.race_kind = 'total' then 'total_row'
            when referenced.race_kind = 'missing' then 'race_missing'
            when referenced.hides_a_race then 'suppressed_at_source'
            when referenced.known_race_pct < 70 then 'known_race_below_70'
            when referenced.kind = 'composition' and referenced.jurisdiction <> city.city_geoid then 'jurisdiction'
            when referenced.reference_code is null then 'no_reference'
            when referenced.reference_code = referenced.race_ethnicity_code then 'reference_row'
            when referenced.is_reference_hidden then 'reference_hidden'
            when referenced.is_reference_usable is not true then 'reference_unreliable'
            when referenced.reference_numerator = 0 then 'zero_events'
        end as reason
    from {{ ref('int_equity_measures__referenced') }} as referenced
    cross join {{ ref('stg_receipts__settings') }} as city
    left join {{ ref('stg_receipts__contracts') }} as contracts on referenced.source = contracts.source
),

guarded as (
    -- one row that is impossible must not stop the build, so the statistics see only what they accept
    select
        *,
        {{ unit_factor('unit') }} as factor,
        cast(0.95 as double) as confidence,
        -- the whole of a composition is all of itself, which is no estimate
        is_computable and not (kind = 'composition' and race_kind = 'total' and stratum_type = 'all') as has_interval,
        is_computable and reason is null as is_comparable,
        is_computable and reason is null and reference_rule in ('best', 'fixed', 'rest') and tabulation = 'exclusive' as has_ratio_interval
    from reasoned
),

estimated as (
    select
        *,
        case when is_computable then numerator / denominator end as proportion,
        case when reference_denominator > 0 then reference_numerator / reference_denominator end as reference_proportion,
        case when has_interval then {{ stats('proportion_ci') }}(numerator, denominator, confidence) end as proportion_interval,
        case
            when has_ratio_interval
                then {{ stats('risk_ratio_ci') }}(
                    numerator, denominator, reference_numerator, reference_denominator, confidence
                )
        end as ratio_interval,
        case
            when has_ratio_interval
                then {{ stats('risk_difference_ci') }}(
                    numerator, denominator, reference_numerator, reference_denominator, confidence
                )
        end as difference_interval
    from guarded
),

final as (
    select
        measure_id,
        measure_version,
        period_type,
        period_start,
        period_end,
        geography_type,
        geography_vintage,
        geoid,
        race_standard,
        race_ethnicity_code,
        tabulation,
        method,
        stratum_type,
        stratum_code,
        jurisdiction,
        value_status,
        numerator,
        denominator,
        factor * proportion as value,
        unit,
        confidence,
        factor * proportion_interval.low as ci_low,
        factor * proportion_interval.high as ci_high,
        case when proportion_interval is not null then 'wilson' end as ci_method,
        reference_rule,
        reference_code,
        factor * reference_proportion as reference_value,
        case when is_comparable then proportion / reference_proportion end as rate_ratio,
        ratio_interval.low as rate_ratio_ci_low,
        ratio_interval.high as rate_ratio_ci_high,
        case when is_comparable then factor * (proportion - reference_proportion) end as rate_difference,
        factor * difference_interval.low as rate_difference_ci_low,
        factor * difference_interval.high as rate_difference_ci_high,
        known_race_pct,
        cast(null as double) as geocoded_pct,
        cast(null as double) as place_coverage_pct,
        -- all of unknown race had it and belong to the group; or none of them
        case
            when not (has_bounds and is_computable) then null
            when kind = 'composition' then factor * numerator / denominator
            else factor * numerator / (denominator + unknown_records - unknown_numerator)
        end as bound_low,
        case
            when not (has_bounds and is_computable) then null
            when kind = 'composition' then factor * (numerator + unknown_records) / denominator
            else factor * (numerator + unknown_numerator) / (denominator + unknown_numerator)
        end as bound_high,
        false as bridged,
        reliability,
        reason as status_reason,
        data_as_of
    from estimated
)

select * from final
