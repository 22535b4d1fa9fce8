{#
    Daily counts as counts of each month, quarter and year that they fall into; `period_end` is inclusive. Aggregate events to days
    first: then a row per event is read once, not three times.
#}
{% macro by_period(relation) -%}
    select
        {{ relation }}.*,
        periods.period_type,
        cast(date_trunc(periods.period_type, {{ relation }}.occurred_on) as date) as period_start,
        cast(date_trunc(periods.period_type, {{ relation }}.occurred_on) + periods.length - interval 1 day as date) as period_end
    from {{ relation }}
    cross join (
        values ('month', interval 1 month), ('quarter', interval 3 months), ('year', interval 1 year)
    ) as periods (period_type, length)
{%- endmacro %}
