{#
    The polygons of a boundary file, one row per polygon, in degrees (EPSG:4326, longitude first), with the place's code as facts carry it.
    The delivery or its contract names the coordinate system. A geometry that is no polygon becomes NULL.

    source_name: the contract · geography_type, geography_vintage: what its polygons are · geoid: SQL of the code, from `typed`
#}
{% macro boundary_rows(source_name, geography_type, geography_vintage, geoid) -%}
    select
        '{{ source_name }}' as source,
        typed._load_id,
        '{{ geography_type }}' as geography_type,
        '{{ geography_vintage }}' as geography_vintage,
        {{ geoid }} as geoid,
        {{ valid_geometry(to_degrees("try(st_geomfromgeojson(typed.geometry))", "coalesce(contract.crs, 'EPSG:4326')")) }} as outline
    from {{ source('landing', source_name) }} as typed
    left join ({{ contract_row(source_name) }}) as contract on true
{%- endmacro %}
