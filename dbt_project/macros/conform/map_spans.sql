{#
    One row per span of days without a change of maps, open ends written out, with the map in force of each type whose facts carry it
    (`<type>_vintage`). A type's first map serves every earlier event too, and an event without a date takes the newest.
#}
{% macro map_spans() -%}
    select
        spans.valid_from,
        spans.valid_to
    {%- for each in dated_place_types() %},
        {{ each.geography_type }}_maps.geography_vintage as {{ each.geography_type }}_vintage
    {%- endfor %}
    from (
        select
            starts.valid_from,
            coalesce(cast(lead(starts.valid_from) over (order by starts.valid_from) - interval 1 day as date), {{ last_day() }}) as valid_to
        from (
            select {{ first_day() }} as valid_from
            union
            select valid_from
            from {{ ref('geography_vintages') }}
            where valid_from is not null and geography_type in ({{ type_names(dated_place_types()) }})
            union
            select cast(valid_to + interval 1 day as date) as valid_from
            from {{ ref('geography_vintages') }}
            where valid_to is not null and geography_type in ({{ type_names(dated_place_types()) }})
        ) as starts
    ) as spans
    {%- for each in dated_place_types() %}
    left join {{ ref('geography_vintages') }} as {{ each.geography_type }}_maps
        on
            {{ each.geography_type }}_maps.geography_type = '{{ each.geography_type }}'
            and spans.valid_from between coalesce({{ each.geography_type }}_maps.valid_from, {{ first_day() }})
            and coalesce({{ each.geography_type }}_maps.valid_to, {{ last_day() }})
    {%- endfor %}
{%- endmacro %}


{% macro first_day() -%}
    date '0001-01-01'
{%- endmacro %}


{% macro last_day() -%}
    date '9999-12-31'
{%- endmacro %}
