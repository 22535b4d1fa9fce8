-- one row per polygon of a map: the maps and their sources are rows of geography_vintages
with
delivered as (
    select
        cast(null as varchar) as source,
        cast(null as varchar) as _load_id,
        cast(null as varchar) as geography_type,
        cast(null as varchar) as geography_vintage,
        cast(null as varchar) as geoid,
        cast(null as geometry) as outline
    where false
    {%- for each in place_types() %}{% for map in each.maps if map.source %}
    union all
    {{ boundary_rows(map.source, each.geography_type, map.vintage, map.code) }}
    {%- endfor %}{% endfor %}
)

select * from delivered
