-- one row per place: type, vintage and code; its outline only where the city may republish the map
{# A seed has the name geographies, and names are unique in dbt. #}
{{ config(alias='geographies') }}
select
    places.* exclude (outline_source) replace (  -- noqa: RF02
        case when coalesce(sources.republish, 'allowed') = 'allowed' then places.land_area_sq_m end as land_area_sq_m,
        case when coalesce(sources.republish, 'allowed') = 'allowed' then places.geometry_wkb end as geometry_wkb
    )
from {{ ref('dim_geography') }} as places
left join {{ ref('dim_source') }} as sources on places.outline_source = sources.source
order by all
