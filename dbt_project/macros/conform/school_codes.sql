{# `DISTRICT` or `DISTRICT/SCHOOL` in upper case with single spaces: names are the only codes that the source has. #}
{% macro school_geoid(district, school=none) -%}
    upper({{ normalised(district) }}){% if school %} || '/' || upper({{ normalised(school) }}){% endif %}
{%- endmacro %}


{#
    The first day of a school year written `2018-19`: 1 July, as Wis. Stat. 115.001 (13) has it. NULL for anything else, and for a
    label whose two years do not follow each other.
#}
{% macro school_year_start(label) -%}
    case
        when
            regexp_matches({{ label }}, '^\d{4}-\d{2}$')
            and (try_cast(left({{ label }}, 4) as integer) + 1) % 100 = try_cast(right({{ label }}, 2) as integer)
            then make_date(try_cast(left({{ label }}, 4) as integer), 7, 1)
    end
{%- endmacro %}
