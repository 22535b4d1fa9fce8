{#
    The rows of a measure table whose status and numbers contradict each other: a value without `computed`, `computed` without a value
    or a reliability, a count where the source hides it, a missing ratio without a reason, a ratio with one.
#}
{% macro null_has_status_reason_check(relation) -%}
    select measure_id, period_start, geoid, race_ethnicity_code, value_status, status_reason
    from {{ relation }}
    where
        (value is null) = (value_status = 'computed')
        or (reliability is null) = (value_status = 'computed')
        or (numerator is not null and value_status not in ('computed', 'no_denominator', 'incomplete_inside'))
        or (rate_ratio is null) = (status_reason is null)
{%- endmacro %}
