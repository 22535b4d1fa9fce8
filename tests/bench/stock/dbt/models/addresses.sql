-- one row per address of the index that has a point, with where it lies
{% set maps = {
    'tract': ('census__tracts_2020/tracts2020.geojson', 'tract_2020', true),
    'aldermanic_district': ('city__aldermanic_districts_2022/*2022.geojson', 'aldermanic_2022', false),
    'police_district': ('city__police_districts/spd.geojson', 'POLICE', true),
    'neighborhood': ('city__neighborhoods/CityNeighborhoods.geojson', 'neighborhood', true),
} %}
{% set folder = env_var('STOCK_DELIVERIES') %}
with
points as (
    select address_string as street_address, any_value(st_point(x, y)) as feet
    from read_csv('{{ folder }}/city__addresses/*.csv.gz', nullstr = 'NA')
    where x is not null
    group by address_string
),

placed as (
    select street_address, feet, st_transform(feet, 'EPSG:32054', 'EPSG:4326', always_xy := true) as degrees from points
)

select
    placed.street_address
    {% for place in maps %}, max({{ place }}s.code) as {{ place }}{% endfor %}
from placed
{% for place, (file, code, is_in_feet) in maps.items() %}
left join (
    select feature.properties->>'{{ code }}' as code, st_geomfromgeojson(feature.geometry) as outline
    from (select unnest(features) as feature from read_json('{{ folder }}/{{ file }}', maximum_object_size = 100000000,
        columns = {features: 'struct(properties json, geometry json)[]'}))
) as {{ place }}s on st_intersects({{ place }}s.outline, placed.{{ 'feet' if is_in_feet else 'degrees' }})
{% endfor %}
group by placed.street_address
