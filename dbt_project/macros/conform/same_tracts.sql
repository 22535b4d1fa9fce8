{# The 2010 tracts that are one whole 2020 tract: an equal id is no equal place (CEN-01), and a rate does not move from tract to tract. #}
{% macro same_tracts() -%}
    select
        onward.from_geoid as geoid,
        onward.to_geoid as tract_geoid
    from {{ ref('int_places__weights') }} as onward
    inner join {{ ref('int_places__weights') }} as back
        on onward.from_geoid = back.to_geoid and onward.to_geoid = back.from_geoid
    where
        onward.weight >= 0.999
        and back.weight >= 0.999
        and (onward.from_type, onward.from_vintage, onward.to_type, onward.to_vintage) = ('tract', '2010', 'tract', '2020')
        and (back.from_type, back.from_vintage, back.to_type, back.to_vintage) = ('tract', '2020', 'tract', '2010')
{%- endmacro %}
