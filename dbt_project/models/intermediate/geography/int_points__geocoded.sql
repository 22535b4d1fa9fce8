-- one row per usable point and span of days in which the same maps hold, with the places that facts carry
{{ config(meta={'row_by_row': true, 'looked_up': true}) }}
with
located as (
    select
        located.*,
        vintages.valid_to is null as is_newest
    from {{ ref('int_points__located') }} as located
    inner join {{ ref('geography_vintages') }} as vintages
        on located.geography_type = vintages.geography_type and located.geography_vintage = vintages.geography_vintage
),

spans as (
    {{ map_spans() }}
),

points as (
    select
        longitude,
        latitude,
        {%- for each in fact_place_types() %}
        {%- if each.fact_columns == 'geoid_and_vintage' %}
        map(
            list(geography_vintage) filter (where geography_type = '{{ each.geography_type }}'),
            list(geoid) filter (where geography_type = '{{ each.geography_type }}')
        ) as {{ each.geography_type }}_geoids,
        {%- else %}
        max(geoid) filter (where geography_type = '{{ each.geography_type }}' and is_newest) as {{ each.geography_type }}_geoid,
        {%- endif %}
        {%- endfor %}
        max(geoid) filter (where geography_type = 'zcta' and is_newest) as zcta_geoid
    from located
    group by all
),

with_places as (
    select
        points.longitude,
        points.latitude,
        spans.valid_from,
        spans.valid_to,
        {%- for each in fact_place_types() %}
        {%- if each.fact_columns == 'geoid_and_vintage' %}
        points.{{ each.geography_type }}_geoids[spans.{{ each.geography_type }}_vintage] as {{ each.geography_type }}_geoid,
        spans.{{ each.geography_type }}_vintage,
        {%- else %}
        points.{{ each.geography_type }}_geoid,
        {%- endif %}
        {%- endfor %}
        points.zcta_geoid
    from points
    cross join spans
)

select * from with_places
