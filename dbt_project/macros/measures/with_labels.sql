{#
    The rows of a relation of measures with names next to their codes: `place`, `group_name`, and two warnings. `is_place_weighted`: the
    make-up of a place stands in for people's own race. `is_stand_in`: the records of another city stand in for the own ones.
    Every row stays, once. `has_group`: whether the relation has race_ethnicity_code.
#}
{% macro with_labels(relation, has_group=true) -%}
    select
        {{ relation }}.*,
        places.place,
        {%- if has_group %}
        races.label as group_name,
        {%- endif %}
        {{ relation }}.method = 'place_weighted' as is_place_weighted,
        coalesce(sources.is_stand_in, false) as is_stand_in
    from {{ relation }}
    left join ({{ labelled_places() }}) as places
        on {{ same_columns(relation, 'places', ['geography_type', 'geography_vintage', 'geoid']) }}
    {%- if has_group %}
    left join {{ ref('dim_race_ethnicity') }} as races on {{ relation }}.race_ethnicity_code = races.race_ethnicity_code
    {%- endif %}
    left join {{ ref('dim_measure') }} as measures on {{ same_columns(relation, 'measures', ['measure_id', 'measure_version']) }}
    left join {{ ref('dim_source') }} as sources on measures.source = sources.source
{%- endmacro %}


{# What with_labels adds, for a reader that labels its own rows or needs codes only. #}
{% macro label_columns() -%}
    {{ return(['place', 'group_name', 'is_place_weighted', 'is_stand_in']) }}
{%- endmacro %}


{# Every place with the name by which it is shown. Two districts may have a school of the same name, and a district that of its city. #}
{% macro labelled_places() -%}
    select
        places.geography_type,
        places.geography_vintage,
        places.geoid,
        places.scorecard_order,
        case places.geography_type
            when 'school' then concat(places.name, ' (', coalesce(districts.name, split_part(places.geoid, '/', 1)), ')')
            when 'school_district' then concat(places.name, ' (school district)')
            else places.name
        end as place
    from {{ ref('dim_geography') }} as places
    left join {{ ref('dim_geography') }} as districts
        on
            case when places.geography_type = 'school' then split_part(places.geoid, '/', 1) end = districts.geoid
            and districts.geography_type = 'school_district'
{%- endmacro %}
