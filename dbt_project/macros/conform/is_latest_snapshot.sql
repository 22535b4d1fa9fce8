{#
    Whether a row of a stock is of its source's newest snapshot: the one filter of an analyst who wants the stock of today. True on every
    row of a source that dates nothing, which is one stock, and on all rows of a list that is no stock. `of`: the source, or the
    series_source of rows_over_time.
#}
{% macro is_latest_snapshot(snapshot_on, of='source') -%}
    coalesce({{ snapshot_on }} = max({{ snapshot_on }}) over (partition by {{ of }}), true)
{%- endmacro %}
