{#
    Each period of a source with the number of the longer period that it is joined to: periods that overlap are computed from each other,
    months from quarters and years, years from pooled years.
#}
{% macro joined_periods(relation) -%}
    select
        source,
        period_start,
        period_end,
        count_if(is_apart) over (partition by source order by period_start, period_end) as joined_period
    from (
        select
            *,
            coalesce(period_start > max(period_end) over (
                partition by source order by period_start, period_end
                rows between unbounded preceding and 1 preceding
            ), true) as is_apart
        from (select distinct source, period_start, period_end from {{ relation }}) as distinct_periods
    ) as periods
{%- endmacro %}
