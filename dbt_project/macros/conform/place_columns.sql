{# The columns of place, in the order that all facts have. #}
{% macro place_columns() -%}
    {{ piece_columns() }},
        geocode_quality
{%- endmacro %}


{# The place columns of a fact without its geocode quality: what records are counted by. `of`: the relation to qualify them with. #}
{% macro piece_columns(of=none) -%}
    {%- for each in fact_place_types() -%}
        {{ of ~ '.' if of }}{{ each.geography_type }}_geoid
        {%- if each.fact_columns == 'geoid_and_vintage' %},
        {{ of ~ '.' if of }}{{ each.geography_type }}_vintage
        {%- endif -%}
        {%- if not loop.last %},
        {% endif -%}
    {%- endfor -%}
{%- endmacro %}


{# The place columns of records that have none, or only those of `delivered`: column → its SQL. #}
{% macro null_piece_columns(delivered={}) -%}
    {%- for each in fact_place_types() -%}
        {%- for column in ['geoid', 'vintage'] if column == 'geoid' or each.fact_columns == 'geoid_and_vintage' -%}
            {%- set name = each.geography_type ~ '_' ~ column -%}
            {{ delivered.get(name, 'cast(null as varchar) as ' ~ name) }}
            {%- if not loop.last %},
        {% endif -%}
        {%- endfor -%}
        {%- if not loop.last %},
        {% endif -%}
    {%- endfor -%}
{%- endmacro %}


{# The columns of place for a source whose records have none. #}
{% macro null_place_columns() -%}
    {{ null_piece_columns() }},
        'none' as geocode_quality
{%- endmacro %}


{# The columns of place for a source whose records name their neighborhood and have nothing to geocode: no address is lost. #}
{% macro place_columns_by_neighborhood() -%}
    {{ place_columns() }}
{%- endmacro %}
