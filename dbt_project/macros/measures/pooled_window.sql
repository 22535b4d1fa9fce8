{#
    The pooled period that a year is part of: windows of N years end in last_year and in every Nth year before and after it, so that no two
    of them overlap. `rows` has the columns of counts, and `plan_rows` are the planned periods.
#}
{% macro pooled_window(rows) -%}
    plan_rows.period_type as pooled_type,
        cast(split_part(plan_rows.period_type, '_', 1) as integer) as pooled_years,
        plan_rows.last_year + pooled_years * cast(ceil((year({{ rows }}.period_end) - plan_rows.last_year) / pooled_years) as integer)
            as window_year,
        cast({{ rows }}.period_end + to_years(cast(window_year - year({{ rows }}.period_end) as integer)) as date) as window_end,
        cast(window_end + interval 1 day - to_years(pooled_years) as date) as window_start
{%- endmacro %}


{% macro joined_pooled_periods(rows) -%}
    inner join {{ ref('pooled_periods') }} as plan_rows
        on
            {{ rows }}.measure_id = plan_rows.measure_id
            and {{ planned_type(rows ~ '.geography_type') }} = plan_rows.geography_type
            and {{ rows }}.period_type in ('year', 'school_year')
{%- endmacro %}
