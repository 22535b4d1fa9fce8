{# Whether the counts model gives the value itself: no quotient of numerator and denominator, which the row may lack. #}
{% macro is_delivered_value() -%}
    (method = 'place_weighted' or kind in ('median', 'estimate') or stratum_type = 'adjustment')
{%- endmacro %}


{# Whether a row has what the value of its kind of measure is made of. #}
{% macro can_be_computed() -%}
    value_status = 'computed' and coalesce(
            case
                when {{ is_delivered_value() }} then value is not null
                when kind = 'sum' then numerator is not null
                when kind = 'count' then numerator >= 0
                when kind in ('rate', 'amount_rate') then numerator >= 0 and denominator > 0
                else numerator between 0 and denominator and denominator > 0
            end,
            false
        )
{%- endmacro %}


{#
    value_status or status_reason of a row that has nothing to be divided by, or of which no one has a known race.
    column: which of the two · of_no_known_race: its word for the latter
#}
{% macro status_without_denominator(column, of_no_known_race) -%}
    case
                when is_of_no_known_race then '{{ of_no_known_race }}'
                when value_status = 'computed' and not is_computable then 'no_denominator'
                else {{ column }}
            end as {{ column }}
{%- endmacro %}
