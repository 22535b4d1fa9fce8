{#
    The polygons of a boundary file, one row per polygon, in degrees (EPSG:4326, longitude first), with the place's code as facts carry it.
    The delivery or its contract names the coordinate system. A geometry that is no polygon becomes NULL.

    source_name: the contract · geography_type, geography_vintage: what its polygons are · code: the contract's column with the place's code,
    in upper case with single spaces; without it the polygons are the city's, whose file may call it by its name
#}
{% macro boundary_rows(source_name, geography_type, geography_vintage, code) -%}
    select
        '{{ source_name }}' as source,
        typed._load_id,
        '{{ geography_type }}' as geography_type,
        '{{ geography_vintage }}' as geography_vintage,
        {%- if code %}
        nullif(upper({{ normalised('cast(typed.' ~ code ~ ' as varchar)') }}), '') as geoid,
        {%- else %}
        (select city_geoid from {{ source('receipts', 'settings') }}) as geoid,
        {%- endif %}
        {{ valid_geometry(to_degrees("try(st_geomfromgeojson(typed.geometry))", "coalesce(contract.crs, 'EPSG:4326')")) }} as outline
    from {{ source('landing', source_name) }} as typed
    left join ({{ contract_row(source_name) }}) as contract on true
{%- endmacro %}
