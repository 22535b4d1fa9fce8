{#
    Figures with the series that they belong to. `series_break_on`: the last day on or before the end of the period on which the series of the
    measure breaks · `series_from`: the same, or 0001-01-01 without a break; NULL for a period that a break divides, which compares with no
    other. Two figures compare if their series_from is equal. A map that was redrawn breaks no series: each map has its own.
#}
{% macro with_series_from(relation) -%}
    select
        figures.*,
        case when figures.race_ethnicity_code = 'all' then breaks.days_of_everyone else breaks.days end as series_breaks_on,
        list_max(list_filter(series_breaks_on, lambda day: day <= figures.period_end)) as series_break_on,
        case
            when series_break_on is null then date '0001-01-01'
            when series_break_on <= figures.period_start then series_break_on
        end as series_from
    from {{ relation }} as figures
    left join (
        select
            measure_id,
            list(series_break_on) as days,
            list(series_break_on) filter (where not is_by_race_only) as days_of_everyone
        from {{ ref('dim_series_break') }}
        where geography_type = 'all'
        group by measure_id
    ) as breaks on figures.measure_id = breaks.measure_id
{%- endmacro %}
