{#
    Whether a publisher shows too few of the people of a row for a ratio, with it or to it (docs/rules.md, Partly published aggregates).
    row: the row with is_partly_shown and place_coverage_pct
#}
{% macro shown_too_little(row) -%}
    coalesce({{ row }}.is_partly_shown and {{ row }}.place_coverage_pct < {{ rule('partly_shown_for_ratio') }}, false)
{%- endmacro %}
