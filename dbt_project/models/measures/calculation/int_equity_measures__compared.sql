-- one row per measure, period, place, race and stratum, compared with its reference or with the reason why it is not
with
reasoned as (
    select
        referenced.*,
        {{ data_as_of('referenced', 'contracts') }} as data_as_of,
        minimums.measure_id is not null as has_minimum,
        {{ reason_without_ratio('referenced', 'city') }} as reason
    from {{ ref('int_equity_measures__with_reference') }} as referenced
    left join {{ ref('value_minimums') }} as minimums on referenced.measure_id = minimums.measure_id
    left join {{ ref('int_sources__in_series') }} as contracts on referenced.source = contracts.source
    -- last: DuckDB does not estimate the rows of a cross join, and would hash all figures to look up a contract
    cross join {{ ref('stg_receipts__settings') }} as city
),

guarded as (
    select
        *,
        is_computable and reason is null as is_comparable,
        -- a difference needs fewer events than a ratio: in both groups those of value_minimums, where the measure has a row
        is_comparable or is_computable and reason in ('few_events', 'reference_unreliable')
        and coalesce(has_minimum and 'unreliable' not in (reliability, reference_reliability), false) as has_difference,
        has_difference and reference_rule in ('best', 'fixed', 'rest') and tabulation in ('exclusive', 'race_alone_any_ethnicity')
        and coalesce(interval_basis, '') <> 'none'
        and coalesce(ci_low < ci_high, true) and coalesce(reference_ci_low < reference_ci_high, true) as has_gap_interval,
        is_comparable and has_gap_interval as has_ratio_interval,
        has_ratio_interval and not is_delivered and not is_interpolated and kind in ('proportion', 'composition') as compares_shares,
        has_ratio_interval and not is_delivered and kind = 'rate' and has_repeated_events is not true as compares_rates,
        has_ratio_interval and (method = 'place_weighted' or is_clustered and reference_variance > 0) as compares_jointly,
        has_ratio_interval and is_delivered and method <> 'place_weighted' and ci_low > 0 and reference_ci_low > 0
            as compares_intervals,
        has_gap_interval and not is_comparable and kind = 'rate' and ci_low is not null as compares_few,
        -- also where too few are known for a ratio; NULL if the reference may be zero
        (reason is null or reason = 'known_race_below_70' or value_status = 'bounded') and reference_code <> race_ethnicity_code
        and bound_low is not null and reference_bound_low > 0 and is_reference_usable is not false and not has_few_events
            as has_ratio_bounds,
        case when is_comparable then value / reference_value end as rate_ratio,
        case when has_difference then value - reference_value end as rate_difference
    from reasoned
),

-- standard errors of the logarithm of a ratio, and of the difference of two values that share their tracts or clusters
errors as (
    select
        *,
        case
            when
                compares_rates and numerator > 0
                and coalesce(denominator_cv, reference_denominator_cv, overdispersion, reference_overdispersion) is not null
                then sqrt(
                    coalesce(overdispersion, 1) / numerator + coalesce(reference_overdispersion, overdispersion, 1) / reference_numerator
                    + pow(coalesce(denominator_cv, 0), 2) + pow(coalesce(reference_denominator_cv, 0), 2)
                )
            when compares_jointly and value > 0
                then factor * sqrt(greatest(
                    variance / pow(value, 2) + reference_variance / pow(reference_value, 2)
                    - 2 * reference_covariance / value / reference_value, 0
                ))
            when compares_intervals
                then sqrt(pow(ln(ci_high / ci_low), 2) + pow(ln(reference_ci_high / reference_ci_low), 2)) / 2 / z
        end as log_ratio_error,
        case
            when compares_jointly
                then factor * sqrt(greatest(variance + reference_variance - 2 * reference_covariance, 0))
        end as difference_error
    from guarded
),

intervals as (
    select
        *,
        case
            when log_ratio_error is not null
                then
                    {
                        'low': rate_ratio * exp(-z * log_ratio_error),
                        'high': rate_ratio * exp(z * log_ratio_error)
                    }
            when compares_shares
                then {{ stats('risk_ratio_ci') }}(numerator, denominator, reference_numerator, reference_denominator, confidence)
            when compares_rates
                then {{ stats('rate_ratio_ci') }}(numerator, denominator, reference_numerator, reference_denominator, confidence)
        end as ratio_interval,
        -- of two independent values with intervals of their own: the distances to their limits, squared and added (MOVER)
        case
            when compares_jointly
                then
                    {
                        'low': rate_difference - z * difference_error,
                        'high': rate_difference + z * difference_error
                    }
            when compares_shares
                then list_transform(
                    [{{ stats('risk_difference_ci') }}(
                        numerator, denominator, reference_numerator, reference_denominator, confidence
                    )],
                    lambda interval: { 'low': factor * interval.low, 'high': factor * interval.high }
                )[1]
            when (compares_rates or compares_intervals or compares_few) and reference_ci_low is not null then {
                'low': rate_difference - sqrt(pow(value - ci_low, 2) + pow(reference_ci_high - reference_value, 2)),
                'high': rate_difference + sqrt(pow(ci_high - value, 2) + pow(reference_value - reference_ci_low, 2))
            }
        end as difference_interval
    from errors
),

final as (
    select
        * exclude (ratio_interval, difference_interval) replace (
            -- a model that hides cells computes the bounds of its reference
            case when has_ratio_bounds then bound_low / reference_bound_high else rate_ratio_bound_low end as rate_ratio_bound_low,
            case when has_ratio_bounds then bound_high / reference_bound_low else rate_ratio_bound_high end as rate_ratio_bound_high
        ),
        {{ limit_of('ratio_interval.low', 'low') }} as rate_ratio_ci_low,
        {{ limit_of('ratio_interval.high', 'high') }} as rate_ratio_ci_high,
        {{ limit_of('difference_interval.low', 'low') }} as rate_difference_ci_low,
        {{ limit_of('difference_interval.high', 'high') }} as rate_difference_ci_high
    from intervals
)

select * from final
