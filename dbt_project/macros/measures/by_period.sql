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


{# The month and place of a record, by which events are counted before by_period and by_place. #}
{% macro month_and_place() -%}
    source,
        jurisdiction,
        cast(date_trunc('month', occurred_on) as date) as occurred_on,
        {{ piece_columns() }}
{%- endmacro %}


{# The period and place of a snapshot of all records of a source: the day of its data, in the jurisdiction that it covers. #}
{% macro snapshot_of_jurisdiction() -%}
    'snapshot' as period_type,
        occurred_on as period_start,
        occurred_on as period_end,
        {{ jurisdiction_place() }}
{%- endmacro %}
