{#
    Whether a label names a race: a category, a combination, or the groups that a publisher does not list, as one. Of a label that
    merges two listed categories the race is not known. races: dim_race_ethnicity
#}
{% macro says_race(races) -%}
    ({{ races }}.kind in ('category', 'combination') or {{ races }}.race_ethnicity_code = 'other_groups_combined')
{%- endmacro %}
