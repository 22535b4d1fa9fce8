{#
    Maps that do not overlap the tracts: read in the wrong coordinate system, a map finds no point, and every record there is
    silently `outside`.
#}
{% macro maps_overlap_check(relation) -%}
    with
    extents as (
        select
            geography_type,
            geography_vintage,
            st_makeenvelope(min(st_xmin(outline)), min(st_ymin(outline)), max(st_xmax(outline)), max(st_ymax(outline))) as extent
        from {{ relation }}
        group by all
    )

    select maps.geography_type, maps.geography_vintage, tracts.geography_vintage as tract_vintage
    from extents as maps
    inner join extents as tracts on tracts.geography_type = 'tract'
    where not st_intersects(maps.extent, tracts.extent)
{%- endmacro %}
