{# Rows without a date are of the period that their contract declares, which is a year or not comparable. #}
{% macro declared_period_type() -%}
    case
            when period_start = date_trunc('year', period_start) and period_end = last_day(period_start + interval 11 months) then 'year'
            else 'snapshot'
        end
{%- endmacro %}


{# The declared period and the place of records without a date, which carry no race. #}
{% macro declared_period_and_place() -%}
    source,
        jurisdiction,
        {{ declared_period_type() }} as period_type,
        period_start,
        period_end,
        {{ piece_columns() }},
        {{ without_race() }}
{%- endmacro %}
