{# The day that a row of a stock is of. Rows that landed before stocks kept their snapshots have none: they are of the day of their source. #}
{% macro snapshot_on() -%}
    coalesce(typed._snapshot_on, cast(contract.data_as_of as date))
{%- endmacro %}
