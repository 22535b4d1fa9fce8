{#
    How large a clear gap is in people (docs/rules.md, How many people): the columns gap, excess and attributable_pct of a row of the scorecard.
    Here: which of them a row has. Not here: excess of rates adjusted for age, which is a sum over ages (int_deaths_investigated__excess).
#}

{# A ratio of rates, else a difference: of shares, years and money, of a ratio that prints 1.0, and of few events, which have no ratio. #}
{% macro gap_kind() -%}
    case
            when has_ratio and {{ is_shown_as_ratio() }} then 'ratio'
            when (has_ratio or compared_reason = 'few_events' and rate_difference_ci_low is not null) and rate_difference is not null
                then 'difference'
            when has_ratio then 'ratio'
        end
{%- endmacro %}


{% macro is_shown_as_ratio() -%} (starts_with(unit, 'per_') and round(rate_ratio, 1) <> 1) {%- endmacro %}


{# Whether the interval of the difference, which readers see, excludes 0: it can by a little where that of the ratio covers 1. #}
{% macro shown_difference_excludes_0() -%}
    (not {{ is_shown_as_ratio() }} and (rate_difference_ci_low > 0 or rate_difference_ci_high < 0))
{%- endmacro %}


{# Whether the interval of the difference, which readers see, covers 0: that of the ratio has no width for a group of which all are counted. #}
{% macro shown_difference_covers_0() -%}
    coalesce(not {{ is_shown_as_ratio() }} and rate_difference_ci_low <= 0 and rate_difference_ci_high >= 0, false)
{%- endmacro %}


{# The years of which a count is the sum: a survey estimates how many people there are, whatever its years. #}
{% macro excess_years() -%}
    case when is_estimate then 1 else greatest(1, cast(round((date_diff('day', period_start, period_end) + 1) / 365.25) as integer)) end
{%- endmacro %}


{#
    Whether the gap of a row is shown in people: it is clear and has a range, its group is counted in persons of the place, and the figure is
    of all of them. Not of events that one person can have several times, of samples, or where cells are hidden.
#}
{% macro has_excess() -%}
    compared_with_reference in ('higher', 'lower') and rate_difference_ci_low is not null and rate_difference_ci_high is not null
        and kind in ('proportion', 'rate', 'estimate') and unit in ('percent', 'per_100', 'per_1000', 'per_100000')
        and statistical_unit not in ('record', 'address') and (kind = 'estimate' or not is_estimate)
        and coalesce(limit_reason, '') <> 'repeated_events'
        and measure_id not in (select repeated.measure_id from {{ ref('repeated_events') }} as repeated)
        and not is_stand_in and (method <> 'aggregate' or coalesce(place_coverage_pct, 100) >= 100)
{%- endmacro %}
