{# Functions of the spatial extension, under descriptive names: degrees are EPSG:4326 with longitude first. #}

{% macro to_degrees(geometry, crs) -%}
    st_transform({{ geometry }}, {{ crs }}, 'EPSG:4326', always_xy := true)
{%- endmacro %}


{#
    The area in square meters of a geometry in degrees, in the equal-area projection of the United States (NAD83 / Conus Albers): a
    plane of square meters anywhere in a city, without a zone to choose. The 36 ZIP code areas agree within one millionth of the areas
    that the Census Bureau delivers with them.
#}
{% macro to_equal_area(geometry) -%}
    st_transform({{ geometry }}, 'EPSG:4326', 'EPSG:5070', always_xy := true)
{%- endmacro %}


{% macro valid_geometry(geometry) -%}
    st_makevalid({{ geometry }})
{%- endmacro %}


{% macro union_geometry(geometry) -%}
    st_union_agg({{ geometry }})
{%- endmacro %}


{# The side of a tile in degrees, about a kilometer: with the real maps the fastest of 0.005, 0.01 and 0.02. #}
{% macro tile_size() -%}
    0.01
{%- endmacro %}


{% macro tile_of(degrees) -%}
    cast(floor({{ degrees }} / {{ tile_size() }}) as bigint)
{%- endmacro %}
