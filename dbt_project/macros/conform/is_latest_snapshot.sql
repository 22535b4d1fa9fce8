{#
    Whether a row of a stock is of its source's newest snapshot: the one filter of an analyst who wants the stock of today. True on every
    row of a source that dates nothing, which is one stock, and on all rows of a list that is no stock.
#}
{% macro is_latest_snapshot(snapshot_on) -%}
    coalesce({{ snapshot_on }} = max({{ snapshot_on }}) over (partition by source), true)
{%- endmacro %}
