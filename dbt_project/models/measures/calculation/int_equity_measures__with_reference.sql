-- one row per measure, period, place, race and stratum, with the group that it is compared with
{%- set of_year = [
    'measure_id', 'measure_version', 'jurisdiction', 'race_standard', 'tabulation', 'method', 'stratum_type', 'stratum_code',
    'reference_period_type', 'reference_year',
] %}
with
estimates as (
    select
        estimated.*,
        city.city_geoid,
        -- the best group is chosen for the year, and serves its months and quarters
        case
            when estimated.period_type in ('month', 'quarter', 'year') then date_trunc('year', estimated.period_start)
            else estimated.period_start
        end as reference_year,
        case when estimated.period_type in ('month', 'quarter', 'year') then 'year' else estimated.period_type end as reference_period_type
    from {{ ref('int_equity_measures__with_intervals') }} as estimated
    cross join {{ ref('stg_receipts__settings') }} as city
),

best as (
    select
        {{ of_year | join(', ') }},
        race_ethnicity_code as reference_code
    from estimates
    where
        reference_rule = 'best' and period_type = reference_period_type
        and geography_type in ('city', 'county', 'state')
        and geoid in (jurisdiction, city_geoid)
        and race_kind = 'category'
        and reliability <> 'unreliable' and not has_few_events and not {{ shown_too_little('estimates') }}
        and 100 * denominator_share >= {{ rule('min_reference_share') }}
    qualify row_number() over (
        partition by {{ of_year | join(', ') }}
        order by
            -- a source of the county has rows of the city, and the city is what its districts are compared within
            geoid = city_geoid desc,
            value * case favourable_direction when 'higher' then -1 else 1 end,
            race_ethnicity_code
    ) = 1
),

chosen as (
    select
        estimates.*,
        case estimates.reference_rule
            when 'best' then best.reference_code
            when 'fixed' then estimates.fixed_reference_code
            when 'overall' then 'all'
            when 'rest' then 'rest'
        end as reference_code
    from estimates
    left join best on {{ same_columns('estimates', 'best', of_year) }}
),

tabulated as (
    select *, {{ reference_tabulation('chosen') }} as reference_tabulation from chosen
),

paired as (
    select
        chosen.*,
        case
            when chosen.reference_code = 'rest' then chosen.rest_numerator
            else reference.numerator
        end as reference_numerator,
        case
            when chosen.reference_code = 'rest' and chosen.kind = 'composition' then chosen.denominator
            when chosen.reference_code = 'rest' then chosen.rest_denominator
            else reference.denominator
        end as reference_denominator,
        case
            when chosen.reference_code <> 'rest' then reference.value
            when chosen.kind in ('proportion', 'rate', 'composition')
                then chosen.factor * reference_numerator / nullif(reference_denominator, 0)
        end as reference_value,
        {{ reference_bounds('chosen', 'reference') }},
        reference.ci_low as reference_ci_low,
        reference.ci_high as reference_ci_high,
        -- everyone else has no row that would hold the interval
        case
            when
                chosen.reference_code = 'rest' and chosen.kind = 'rate'
                and chosen.denominator_cv is null and chosen.has_repeated_events is not true
                and reference_numerator >= 0 and reference_denominator > 0
                then {{ stats('rate_ci') }}(reference_numerator, reference_denominator, chosen.confidence)
        end as rest_interval,
        if(chosen.reference_code = 'rest', chosen.rest_variance, reference.variance) as reference_variance,
        reference.denominator_cv as reference_denominator_cv,
        reference.overdispersion as reference_overdispersion,
        chosen.covariances[chosen.reference_code] as reference_covariance,
        expected.value as expected_value,
        case
            when chosen.reference_code = 'rest' then chosen.rest_numerator >= chosen.minimum_n
            else reference.reliability <> 'unreliable' and not reference.has_few_events
        end as is_reference_usable,
        reference.reliability as reference_reliability,
        {{ is_reference_hidden('chosen', 'reference') }} as is_reference_hidden,
        {{ shown_too_little('reference') }} as is_reference_partly_shown
    from tabulated as chosen
    left join estimates as reference
        on {{ same_slice_as_reference('chosen', 'reference') }} and chosen.reference_code = reference.race_ethnicity_code
    {{ joined_expected('chosen', 'estimates') }}
),

bounded as (
    select
        * exclude (rest_interval, reference_tabulation) replace (
            coalesce(reference_ci_low, factor * rest_interval.low) as reference_ci_low,
            coalesce(reference_ci_high, factor * rest_interval.high) as reference_ci_high
        )
    from paired
),

-- Withheld here and not before, because the months of an unfinished year are compared with the best group of that year.
final as (
    {{ without_uncovered_periods('bounded') }}
)

select * from final
