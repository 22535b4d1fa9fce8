-- one row per measure, version, period, place, race standard, race, tabulation, method and stratum that the publication plan publishes
{% set of_values = ['value', 'ci_low', 'ci_high', 'ci_method'] -%}
{% set of_comparisons = [
    'reference_value', 'rate_ratio', 'rate_ratio_ci_low', 'rate_ratio_ci_high', 'rate_difference', 'rate_difference_ci_low',
    'rate_difference_ci_high',
] -%}
{% set is_covered = "publication_status <> 'incomplete_inside'" -%}
with
referenced as (
    select * from {{ ref('int_published__with_reference') }}
),

shown as (
    select
        {{ named_figure_columns() }},
        publication_status,
        value_status,
        -- a count of an unfinished period reads as a figure of the period
        case when is_counted and {{ is_covered }} then numerator end as numerator,
        -- how many live in a place is public whatever happened to them
        case when (is_counted and {{ is_covered }}) or (kind = 'rate' and denominator_records is null) then denominator end as denominator,
        case when is_valued then value end as value,
        unit,
        case when is_counted then confidence end as confidence,
        case when is_valued then ci_low end as ci_low,
        case when is_valued then ci_high end as ci_high,
        case when is_valued then ci_method end as ci_method,
        reference_rule,
        case when shows_reference_code then reference_code end as reference_code,
        {%- for column in of_comparisons %}
        case when is_compared then {{ column }} end as {{ column }},
        {%- endfor %}
        case when is_counted and {{ is_covered }} and shows_unknown then known_race_pct end as known_race_pct,
        -- of persons, both are shares of counts that no row shows: records without a place, and groups of tracts
        case when is_counted and {{ is_covered }} and not is_confidential then geocoded_pct end as geocoded_pct,
        case when is_counted and {{ is_covered }} and not is_confidential then place_coverage_pct end as place_coverage_pct,
        case when is_bounded and shows_unknown then bound_low end as bound_low,
        case when is_bounded and shows_unknown then bound_high end as bound_high,
        case when is_counted then bridged end as bridged,
        -- of a group it reveals whether 90 % are known
        case when is_counted and (shows_unknown or not is_group or reliability = 'unreliable') then reliability end as reliability,
        case
            when publication_status in ('suppressed', 'unreliable') then publication_status
            when value_status <> 'computed' then status_reason
            when publication_status = 'no_denominator' then 'denominator_below_minimum'
            when
                reference_code is not null
                and (is_reference_hidden or not is_reference_shown)
                and (
                    (is_group and not shows_unknown)
                    or coalesce(status_reason in ('reference_hidden', 'reference_unreliable', 'zero_events'), true)
                )
                then 'reference_hidden'
            when is_group and not shows_unknown and not (is_compared and rate_ratio is not null) then 'known_race_hidden'
            when is_group and not shows_unknown then null
            when is_reference_small and status_reason is null then 'reference_unreliable'
            else status_reason
        end as status_reason,
        {{ without_time_of_day('data_as_of') }} as data_as_of,
        {%- for column in ['rate_ratio_bound_low', 'rate_ratio_bound_high'] %}
        case when is_ratio_bounded then {{ column }} end as {{ column }},
        {%- endfor %}
        case when is_counted then population_fit end as population_fit,
        case when is_bounded and shows_unknown then bound_source end as bound_source,
        case when is_counted then period_coverage_pct end as period_coverage_pct,
        -- of persons, an expected share is a function of counts that no row shows
        {{- observed_over_expected(shown='is_valued and not is_confidential') }}
    from referenced
),

-- figures that were reported before stay as they were, but for the sign of a zero
plain as (
    {{ without_negative_zeros('shown', figure_columns()) }}
),

-- among the ratios that are out: a test together with hidden ones would be a word about them
tested as (
    {{ with_fdr_significance('plain') }}
),

-- from what the file shows alone, so that no hidden count is in a mean or a target
placed as (
    {{ with_area_figures('tested') }}
),

marked as (
    {{ with_row_to_show('placed') }}
),

based as (
    {{ with_population_base('marked') }}
),

final as (
    {{ with_labels('based') }}
)

-- the order of the rows must not reveal what a hidden row counts
select * from final
order by all
