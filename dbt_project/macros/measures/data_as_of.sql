{# The time until which the data of a figure reach: of a snapshot its own day, because a later snapshot does not update an earlier one. #}
{% macro data_as_of(figure, contract) -%}
    case
            when {{ contract }}.keeps_snapshots and {{ figure }}.period_type = 'snapshot' then cast({{ figure }}.period_end as timestamp)
            else {{ contract }}.data_as_of
        end
{%- endmacro %}
