{#
    The bounds of the value that a row is compared with, as two columns: those of the reference's row; of everybody the value itself, since
    the whole of all groups is known whatever race is unknown in it; of everyone else of known race by the same unknown records.
    chosen, reference: the row and its reference.
#}
{% macro reference_bounds(chosen, reference) -%}
    {%- set rest, unknown, unknown_x = 'reference_denominator', chosen ~ '.unknown_records', chosen ~ '.unknown_numerator' -%}
    case
            when {{ chosen }}.reference_code <> 'rest' then case {{ reference }}.race_kind when 'total' then {{ reference }}.value else {{ reference }}.bound_low end
            when not {{ chosen }}.has_bounds then null
            when {{ chosen }}.kind = 'proportion' then {{ chosen }}.factor * reference_numerator / nullif({{ rest }} + {{ unknown }} - {{ unknown_x }}, 0)
            else reference_value
        end as reference_bound_low,
        case
            when {{ chosen }}.reference_code <> 'rest' then case {{ reference }}.race_kind when 'total' then {{ reference }}.value else {{ reference }}.bound_high end
            when not {{ chosen }}.has_bounds then null
            when {{ chosen }}.kind = 'proportion' then {{ chosen }}.factor * (reference_numerator + {{ unknown_x }}) / nullif({{ rest }} + {{ unknown_x }}, 0)
            else {{ chosen }}.factor * (reference_numerator + {{ unknown_x }}) / nullif({{ rest }}, 0)
        end as reference_bound_high
{%- endmacro %}
