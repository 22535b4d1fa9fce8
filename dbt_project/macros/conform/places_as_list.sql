{# The places of a group of rows, one a map, as a sorted list: equal lists are the same place on every map. #}
{% macro places_as_list(relation) -%}
    list_sort(list({
            'geography_type': {{ relation }}.geography_type,
            'geography_vintage': {{ relation }}.geography_vintage,
            'geoid': {{ relation }}.geoid
        }))
{%- endmacro %}
