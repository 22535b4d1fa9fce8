{#
    The months of sources with too few events to be whole, by what is usual for the source and for the month of the year; and those with
    none, where the other months make that improbable: with a gamma distribution of their rates (negative binomial counts), or Poisson
    where they vary no more, so that a feed of clusters keeps its quiet months.
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
            ) as usual_events,
            avg(events) over others as mean_events,
            var_samp(events) over others as variance,
            median(events) over season as season_events,
            case
                when variance > mean_events
                    then pow(variance / mean_events, -mean_events * mean_events / (variance - mean_events))
                else exp(-mean_events)
            end as empty_probability
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
        window
            others as (
                partition by source order by month_start rows between unbounded preceding and unbounded following exclude current row
            ),
            season as (
                partition by source, month(month_start)
                order by month_start rows between unbounded preceding and unbounded following exclude current row
            )
    ) as usual
    where
        (
            events > 0
            and 100 * events < {{ rule('thin_month_pct') }} * usual_events
            -- Chernoff's bound of so few Poisson arrivals, where far more are usual
            and usual_events - events + events * ln(events / usual_events) > -ln({{ rule('gap_probability') }})
        )
        or (
            events = 0
            and empty_probability < {{ rule('empty_period_probability') }}
            and coalesce(exp(-season_events), 0) < {{ rule('empty_period_probability') }}
        )
{%- endmacro %}
