-- one row per measure, version, period, place, race standard, race, tabulation, method and stratum
with
tested as (
    select * from {{ ref('int_equity_measures__with_significance') }}
),

figures as (
    select
        {{ named_figure_columns() }},
        value_status,
        numerator,
        denominator,
        value,
        unit,
        confidence,
        ci_low,
        ci_high,
        ci_method,
        reference_rule,
        reference_code,
        reference_value,
        rate_ratio,
        rate_ratio_ci_low,
        rate_ratio_ci_high,
        rate_difference,
        rate_difference_ci_low,
        rate_difference_ci_high,
        known_race_pct,
        geocoded_pct,
        place_coverage_pct,
        bound_low,
        bound_high,
        bridged,
        reliability,
        reason as status_reason,
        data_as_of,
        rate_ratio_bound_low,
        rate_ratio_bound_high,
        population_fit,
        bound_source,
        period_coverage_pct,
        is_significant_fdr,
        {{- observed_over_expected(shown='value is not null') }}
    from tested
),

plain as (
    {{ without_negative_zeros('figures', figure_columns()) }}
),

placed as (
    {{ with_area_figures('plain') }}
),

based as (
    {{ with_population_base('placed') }}
),

final as (
    {{ with_labels('based') }}
)

-- a query of a measure, place and period reads a few row groups, and the file is a tenth smaller
select * from final
order by all
