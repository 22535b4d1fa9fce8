{# The distance of two points in degrees, in meters, on a sphere of 6,371 km: exact enough within a city, where it is nearly flat. #}
{% macro meters_between(longitude, latitude, other_longitude, other_latitude) -%}
    radians(1) * 6371000 * sqrt(
        pow(({{ other_longitude }} - {{ longitude }}) * cos(radians({{ latitude }})), 2) + pow({{ other_latitude }} - {{ latitude }}, 2)
    )
{%- endmacro %}
