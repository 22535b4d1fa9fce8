{# The geography type of the place that records cover, by the length of its GEOID: place 7 digits, county 5, state 2. #}
{% macro jurisdiction_type(geoid) -%}
    case length({{ geoid }}) when 7 then 'city' when 5 then 'county' when 2 then 'state' end
{%- endmacro %}
