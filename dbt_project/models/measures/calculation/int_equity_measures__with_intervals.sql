-- one row per measure, period, place, race and stratum, with its value, how sure it is, and how far it can be relied on
with
guarded as (
    -- one row that is impossible must not stop the build, so the statistics see only what they accept
    select
        -- a range from a figure to itself is none: in a sample all were alike, which leaves chance unknown
        * replace (
            case when kind <> 'estimate' or ci_low < ci_high then ci_low end as ci_low,
            case when kind <> 'estimate' or ci_low < ci_high then ci_high end as ci_high
        ),
        {{ unit_factor('unit') }} as factor,
        {{ rule('confidence') }} as confidence,
        {{ rule('z_95') }} as z,
        {{ is_delivered_value() }} as is_delivered,
        is_computable and not is_delivered and kind in ('proportion', 'composition') as is_share,
        is_computable and not is_delivered and kind in ('rate', 'count') as is_rate,
        -- money for each resident, or a part of money: its parts are sums that do not vary by chance, so it has no interval
        is_computable and not is_delivered and kind in ('amount_rate', 'amount_share') as is_amount,
        coalesce(starts_with(population_fit, 'estimated'), false) as is_interpolated,
        -- the whole of a composition is all of itself, which is no estimate; a part of interpolated people is no sample of them
        is_share and not is_interpolated
        and not (kind = 'composition' and race_kind = 'total' and stratum_type in ('all', 'age_universe')) as has_wilson,
        is_share and is_interpolated and ci_low is not null as has_interpolation,
        case kind when 'rate' then denominator else 1.0 end as person_time,
        {{ population_cv('denominator') }} as denominator_cv,
        is_rate and kind = 'rate' and numerator > 0 and denominator_cv is not null as has_margin
    from ({{ with_cluster_errors() }}) as known
),

intervals as (
    select
        * replace (
            case
                when is_share or is_amount or kind = 'rate' and is_rate then factor * (numerator / denominator)
                when is_computable and not is_delivered then numerator
                when is_computable then value
            end as value
        ),
        case
            when has_wilson then {{ stats('proportion_ci') }}(numerator, denominator, confidence)
            when has_repeated_events then {{ log_interval('numerator / denominator', 'sqrt(variance) * denominator / numerator') }}
            when has_margin then {{ log_interval('numerator / denominator', 'sqrt(dispersion / numerator + pow(denominator_cv, 2))') }}
            -- without events: the exact limit, over as few people as there may be
            when is_rate and interpolation_cv is not null
                then {{ stats('rate_ci') }}(numerator, person_time * exp(-z * denominator_cv), confidence)
            when is_rate then {{ stats('rate_ci') }}(numerator / dispersion, person_time / dispersion, confidence)
            when method = 'place_weighted' and is_computable and variance is not null
                then
                    {
                        'low': greatest(value / factor - z * sqrt(variance), 0.0),
                        'high': least(
                            value / factor + z * sqrt(variance),
                            case unit when 'percent' then 1.0 else cast('infinity' as double) end
                        )
                    }
            when (has_interpolation or is_delivered and is_computable) and ci_low is not null and ci_high is not null
                then { 'low': ci_low / factor, 'high': ci_high / factor }
        end as value_interval,
        case
            when has_wilson then 'wilson'
            when has_repeated_events then if(is_clustered, 'clustered_linearized', null)
            when is_rate and overdispersion is not null then 'overdispersed_years'
            when has_interpolation or is_rate and interpolation_cv is not null then 'areal_interpolation'
            when has_margin then 'log_moe'
            when is_rate then case when numerator >= 10 - 1e-9 then 'byar' else 'exact_poisson' end
            when method = 'place_weighted' and is_computable and variance is not null then 'weighted_normal'
            when is_computable and is_delivered and ci_low is not null and ci_high is not null
                then
                    case
                        when kind = 'estimate' or stratum_type = 'adjustment' then coalesce(interval_method, 'as_delivered')
                        when unit = 'days' then 'brookmeyer_crowley'
                        else 'order_statistics'
                    end
        end as ci_method,
        case when is_delivered or is_amount or kind = 'sum' then records_count else numerator end as events
    from guarded
),

doubts as (
    select
        *,
        is_computable and kind in ('proportion', 'rate', 'median', 'estimate') and coalesce(events < minimum_n, false) as has_few_events,
        -- The coefficient of variation: of a proportion √((1 − p) / x). What was counted in full varies only by the residents that it is
        -- divided by.
        case
            when has_interpolation then (value_interval.high - value_interval.low) / 2 / z / nullif(numerator / denominator, 0)
            when not is_estimate and ci_method = 'areal_interpolation'
                then factor * (value_interval.high - value_interval.low) / 2 / z / nullif(value, 0)
            when not is_estimate then denominator_cv
            when is_share then sqrt((1 - numerator / denominator) / nullif(numerator, 0))
            when is_rate then sqrt(dispersion / nullif(numerator, 0) + coalesce(pow(denominator_cv, 2), 0))
            when method = 'place_weighted' then factor * sqrt(variance) / nullif(value, 0)
            when is_delivered then factor * (value_interval.high - value_interval.low) / 2 / z / nullif(value, 0)
        end as coefficient_of_variation,
        race_kind in ('category', 'combination', 'combined_legacy') as is_group,
        is_group and not hides_a_race and is_computable and not is_delivered and kind in ('proportion', 'composition', 'rate')
            as has_bounds
    from intervals
),

final as (
    select
        * exclude (dispersion) replace (
            case when {{ has_interval_basis() }} then {{ limit_of('factor * value_interval.low', 'low') }} end as ci_low,
            case when {{ has_interval_basis() }} then {{ limit_of('factor * value_interval.high', 'high') }} end as ci_high,
            {{ ci_method_of_basis() }} as ci_method,
            {{ bounds_of_unknown_race() }},
            case when has_bounds and bound_low is null then 'unknown_race' else bound_source end as bound_source
        ),
        {{ reliability_of_row() }} as reliability
    from doubts
)

select * from final
