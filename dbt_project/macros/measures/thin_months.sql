{#
    The months of sources with too few events to be whole, by what is usual for the source and for the month of the year.
    days: one row per source and day of its range, with has_dates, month_start and events_count
#}
{% macro thin_months(days) -%}
    select
        source,
        month_start
    from (
        select
            *,
            days_count * least(
                median(daily_events) over (partition by source),
                -- a season of few records comes every year
                median(daily_events) over (partition by source, month(month_start))
            ) as usual_events
        from (
            select
                source,
                month_start,
                sum(events_count) as events,
                count(*) as days_count,
                events / days_count as daily_events
            from {{ days }}
            where has_dates
            group by all
        ) as months
    ) as usual
    where
        100 * events < {{ rule('thin_month_pct') }} * usual_events
        -- Chernoff's bound of so few Poisson arrivals, where far more are usual
        and usual_events - events + case when events > 0 then events * ln(events / usual_events) else 0 end
        > -ln({{ rule('gap_probability') }})
{%- endmacro %}
