{#
    Whether a publisher shows too few of the people of a row for a ratio, with it or to it (docs/rules.md, Partly published aggregates).
    row: the row with is_partly_shown and place_coverage_pct
#}
{% macro shown_too_little(row) -%}
    coalesce({{ row }}.is_partly_shown and {{ row }}.place_coverage_pct < {{ rule('partly_shown_for_ratio') }}, false)
{%- endmacro %}


{#
    Whether the group compared with is hidden at its source. Of everyone else, a group given as a range hides a part.
    row: with is_partly_shown, reference_code and, as reference_denominator, the size of its reference · reference: the row compared with
#}
{% macro is_reference_hidden(row, reference) -%}
    coalesce(
            {{ reference }}.value_status in ('suppressed_at_source', 'bounded')
            or ({{ row }}.reference_code = 'rest' and {{ row }}.is_partly_shown and reference_denominator is null),
            false
        )
{%- endmacro %}
