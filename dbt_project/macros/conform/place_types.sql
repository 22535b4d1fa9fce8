{# The types whose columns every fact has: those of docs/tables.md, and further types of the city. #}
{% macro fact_place_types() -%}
    {{ return(place_types() | rejectattr('fact_columns', 'equalto', 'none') | list) }}
{%- endmacro %}


{# Those whose facts carry the map in force on the day, next to the place. #}
{% macro dated_place_types() -%}
    {{ return(fact_place_types() | selectattr('fact_columns', 'equalto', 'geoid_and_vintage') | list) }}
{%- endmacro %}


{# Those that end at the city's limits, and have a member outside. #}
{% macro city_place_types() -%}
    {{ return(fact_place_types() | selectattr('is_city_only') | list) }}
{%- endmacro %}


{# The type in which a record is located first: its tract, or the first type of which the city has a map. #}
{% macro located_place_type() -%}
    {%- set mapped = fact_place_types() | selectattr('vintage') | map(attribute='geography_type') | list -%}
    {{ return(mapped[0] if mapped else 'tract') }}
{%- endmacro %}


{# The type whose residents elect a member of the council: aldermanic districts, or what the city has in their place. #}
{% macro council_place_type() -%}
    {%- set equivalent = city_place_types() | selectattr('equivalent_to', 'equalto', 'aldermanic_district') -%}
    {%- set names = equivalent | map(attribute='geography_type') | list -%}
    {{ return(names[0] if names else 'aldermanic_district') }}
{%- endmacro %}


{# The names of types as SQL, for `in (…)`; an empty list matches nothing. #}
{% macro type_names(types) -%}
    {%- for each in types %}'{{ each.geography_type }}'{{ ', ' if not loop.last }}{% else %}''{% endfor -%}
{%- endmacro %}


{# The names of these types of docs/tables.md, and of the city's types that are equivalent to one of them. #}
{% macro equivalent_type_names(names) -%}
    {%- set further = [] -%}
    {%- for each in place_types() if each.equivalent_to in names and each.geography_type not in names -%}
        {%- do further.append(each.geography_type) -%}
    {%- endfor -%}
    '{{ (names + further) | join("', '") }}'
{%- endmacro %}


{# A type of docs/tables.md as the list of types of the city that have its measures. #}
{% macro types_equivalent_to(geography_type) -%}
    {%- set further = {} -%}
    {%- for each in place_types() if each.equivalent_to and each.equivalent_to != each.geography_type -%}
        {%- do further.setdefault(each.equivalent_to, []).append(each.geography_type) -%}
    {%- endfor -%}
    {%- if further -%}
        case {{ geography_type }}
        {%- for name in further %}
            when '{{ name }}' then ['{{ ([name] + further[name]) | join("', '") }}']
        {%- endfor %}
            else [{{ geography_type }}]
        end
    {%- else -%}
        [{{ geography_type }}]
    {%- endif -%}
{%- endmacro %}


{# The type of docs/tables.md whose rows of seeds (publication plan, pooled periods) apply to a type of the city. #}
{% macro planned_type(geography_type) -%}
    {%- set further = [] -%}
    {%- for each in place_types() if each.equivalent_to and each.equivalent_to != each.geography_type -%}
        {%- do further.append(each) -%}
    {%- endfor -%}
    {%- if further -%}
        case {{ geography_type }}
        {%- for each in further %} when '{{ each.geography_type }}' then '{{ each.equivalent_to }}'{% endfor %} else {{ geography_type }} end
    {%- else -%}
        {{ geography_type }}
    {%- endif -%}
{%- endmacro %}


{# The name of a place: its type and code, or its code where the code is a name. #}
{% macro place_name(geography_type, geoid) -%}
    case {{ geography_type }}
    {%- for each in place_types() if each.named_by == 'label' %}
            when '{{ each.geography_type }}' then concat('{{ each.label | replace("'", "''") }} ', {{ geoid }})
    {%- endfor %}
            else {{ geoid }}
        end
{%- endmacro %}
