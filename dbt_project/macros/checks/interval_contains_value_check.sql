{# The rows of a measure table whose value is outside its own interval or bounds, or whose interval or bounds leave the scale. #}
{% macro interval_contains_value_check(relation) -%}
    select measure_id, period_start, geoid, race_ethnicity_code, value, ci_low, ci_high, bound_low, bound_high
    from {{ relation }}
    where
        value not between ci_low - 1e-9 and ci_high + 1e-9
        or value not between bound_low - 1e-9 and bound_high + 1e-9
        or rate_ratio not between rate_ratio_ci_low - 1e-9 and rate_ratio_ci_high + 1e-9
        or rate_ratio not between rate_ratio_bound_low - 1e-9 and rate_ratio_bound_high + 1e-9
        or rate_difference not between rate_difference_ci_low - 1e-9 and rate_difference_ci_high + 1e-9
        or (unit = 'percent' and least(value, ci_low, bound_low) < -1e-9)
        or (unit = 'percent' and greatest(value, ci_high, bound_high) > 100 + 1e-9)
{%- endmacro %}
