{#
    What is on one side and not on the other, both ways: a place of the bridge that is no member of dim_geography, and a place with an
    outline, or `outside` of a map that has some, that the bridge does not lead from or to. A count there would vanish. A city with one
    map has no bridge, and one in which no map reaches beyond another has no `outside` in it.
#}
{% macro bridge_covers_all_places_check(relation, places) -%}
    with
    from_places as (
        select distinct from_type as geography_type, from_vintage as geography_vintage, from_geoid as geoid from {{ relation }}
    ),

    to_places as (
        select distinct to_type as geography_type, to_vintage as geography_vintage, to_geoid as geoid from {{ relation }}
    ),

    bounded as (
        select geography_type, geography_vintage, geoid from {{ places }}
        where
            geometry_wkb is not null
            and 1 < (
                select count(distinct (mapped.geography_type, mapped.geography_vintage))
                from {{ places }} as mapped where mapped.geometry_wkb is not null
            )
        union
        select outside.geography_type, outside.geography_vintage, outside.geoid
        from {{ places }} as outside
        inner join {{ places }} as inside
            on outside.geography_type = inside.geography_type and outside.geography_vintage = inside.geography_vintage
        where
            outside.geoid = 'outside'
            and inside.geometry_wkb is not null
            and exists (select 1 from {{ relation }} as ways where 'outside' in (ways.from_geoid, ways.to_geoid))
    )

    select 'no member of dim_geography' as problem, geography_type, geography_vintage, geoid
    from (select * from from_places union select * from to_places)
    where (geography_type, geography_vintage, geoid) not in (select (geography_type, geography_vintage, geoid) from {{ places }})
    union all
    select 'the bridge does not lead from it', geography_type, geography_vintage, geoid
    from (select * from bounded except select * from from_places)
    union all
    select 'the bridge does not lead to it', geography_type, geography_vintage, geoid
    from (select * from bounded except select * from to_places)
{%- endmacro %}
