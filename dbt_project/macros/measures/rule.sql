{#
    A threshold of the seed measure_rules as a scalar subquery, so that `where known_race_pct >= {{ rule('known_race_for_ratio') }}`
    reads the seed row. A unit test of a model that reads a rule has `- input: ref('measure_rules')` without rows, which is the seed
    as it is written, or with rows of its own.
#}
{% macro rule(name) -%}
    (select rules.value from {{ ref('measure_rules') }} as rules where rules.rule = '{{ name }}')
{%- endmacro %}
