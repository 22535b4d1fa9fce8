-- one row per measure, period, place, race and stratum, with the group that it is compared with
with
judged as (
    select
        *,
        -- the best group is chosen for the year, and serves its months and quarters
        case when period_type in ('month', 'quarter', 'year') then date_trunc('year', period_start) else period_start end as reference_year,
        case when period_type in ('month', 'quarter', 'year') then 'year' else period_type end as reference_period_type
    from {{ ref('int_equity_measures__estimated') }}
),

best as (
    select
        measure_id,
        measure_version,
        jurisdiction,
        race_standard,
        tabulation,
        method,
        stratum_type,
        stratum_code,
        reference_period_type,
        reference_year,
        race_ethnicity_code as reference_code
    from judged
    where
        reference_rule = 'best'
        and period_type = reference_period_type
        and geoid = jurisdiction
        and race_kind = 'category'
        and reliability <> 'unreliable'
        and 100 * denominator_share >= {{ rule('min_reference_share') }}
    qualify row_number() over (
        partition by
            measure_id, measure_version, jurisdiction, race_standard, tabulation, method, stratum_type, stratum_code,
            reference_period_type, reference_year
        order by
            value * case favourable_direction when 'higher' then -1 else 1 end,
            race_ethnicity_code
    ) = 1
),

chosen as (
    select
        judged.*,
        case judged.reference_rule
            when 'best' then best.reference_code
            when 'fixed' then judged.fixed_reference_code
            when 'overall' then 'all'
            when 'rest' then 'rest'
        end as reference_code
    from judged
    left join best
        on
            judged.measure_id = best.measure_id
            and judged.measure_version = best.measure_version
            and judged.jurisdiction = best.jurisdiction
            and judged.race_standard = best.race_standard
            and judged.tabulation = best.tabulation
            and judged.method = best.method
            and judged.stratum_type = best.stratum_type
            and judged.stratum_code = best.stratum_code
            and judged.reference_period_type = best.reference_period_type
            and judged.reference_year = best.reference_year
),

paired as (
    select
        chosen.*,
        case
            when chosen.reference_code = 'rest' then chosen.known_numerator - chosen.numerator
            else reference.numerator
        end as reference_numerator,
        case
            when chosen.reference_code = 'rest' and chosen.kind = 'composition' then chosen.denominator
            when chosen.reference_code = 'rest' then chosen.known_denominator - chosen.denominator
            else reference.denominator
        end as reference_denominator,
        case
            when chosen.reference_code <> 'rest' then reference.value
            when chosen.kind in ('proportion', 'rate', 'composition')
                then chosen.factor * reference_numerator / nullif(reference_denominator, 0)
        end as reference_value,
        reference.ci_low as reference_ci_low,
        reference.ci_high as reference_ci_high,
        -- everyone else has no row that would hold the interval
        case
            when
                chosen.reference_code = 'rest' and chosen.kind = 'rate' and chosen.denominator_cv is null
                and reference_numerator >= 0 and reference_denominator > 0
                then {{ stats('rate_ci') }}(reference_numerator, reference_denominator, chosen.confidence)
        end as rest_interval,
        reference.variance as reference_variance,
        reference.denominator_cv as reference_denominator_cv,
        chosen.covariances[chosen.reference_code] as reference_covariance,
        case
            when chosen.reference_code = 'rest' then chosen.known_numerator - chosen.numerator >= chosen.minimum_n
            else reference.reliability <> 'unreliable'
        end as is_reference_usable,
        coalesce(reference.value_status = 'suppressed_at_source', false) as is_reference_hidden
    from chosen
    left join judged as reference
        on {{ same_slice('chosen', 'reference') }} and chosen.reference_code = reference.race_ethnicity_code
),

final as (
    select
        * exclude (rest_interval) replace (
            coalesce(reference_ci_low, factor * rest_interval.low) as reference_ci_low,
            coalesce(reference_ci_high, factor * rest_interval.high) as reference_ci_high
        )
    from paired
)

select * from final
