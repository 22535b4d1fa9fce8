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


{# The last day of the school year that begins on a day. #}
{% macro school_year_end(first_day) -%}
    cast({{ first_day }} + interval 1 year - interval 1 day as date)
{%- endmacro %}


{#
    The columns that every delivery of a state's school tables has: source, school, year and group, as delivered and as we call them.
    `vocabulary`: that of the labels of race.
#}
{% macro school_columns(source_name, vocabulary) -%}
    '{{ source_name }}' as source,
        contract.jurisdiction,
        typed._record_hash,
        typed._load_id,
        typed._source_file,
        typed._source_row,
        typed.metric,
        typed.dimension as dimension_reported,
        typed.group_label as group_reported,
        typed.district as school_district_reported,
        typed.school as school_reported,
        {{ school_geoid('typed.district') }} as school_district_geoid,
        {{ school_geoid('typed.district', 'typed.school') }} as school_geoid,
        typed.school_year,
        {{ school_year_start('typed.school_year') }} as period_start,
        {{ school_year_end(school_year_start('typed.school_year')) }} as period_end,
        contract.collection_mode,
        typed.status_flag as source_note,
        case when typed.dimension = 'Race/Ethnicity' then '{{ vocabulary }}' end as race_vocabulary
{%- endmacro %}


{# The places that the students of a row count in: the school, its district, and all that the source covers. A list to unnest. #}
{% macro places_of_school(table=none) -%}
    {%- set of = table ~ '.' if table else '' -%}
    [
        { 'geography_type': 'school', 'geoid': {{ of }}school_geoid },
        { 'geography_type': 'school_district', 'geoid': {{ of }}school_district_geoid },
        { 'geography_type': {{ jurisdiction_type(of ~ 'jurisdiction') }}, 'geoid': {{ of }}jurisdiction }
    ]
{%- endmacro %}


{# The columns that every fact about schools begins with: the event, its school year, and neither day nor place on the map. #}
{% macro school_event_columns(event) -%}
    {{ event_columns(event, has_key=true, is_public=true) }},
        cast(null as date) as occurred_on,
        period_start,
        period_end,
        {{ null_place_columns() }},
        {{ race_columns() }}
{%- endmacro %}


{# The school, year and group of a row of a fact about schools. #}
{% macro school_group_columns() -%}
    school_district_geoid,
        school_geoid,
        school_district_reported,
        school_reported,
        school_year,
        dimension_reported,
        group_reported,
        stratum_type,
        stratum_code
{%- endmacro %}


{# value_status and gap_reason of a row with `is_reported`. `hidden`, `given`: conditions on its value, which the state hides or gives. #}
{% macro school_value_status(hidden, given) -%}
    case
            when not is_reported or {{ hidden }} then 'suppressed_at_source'
            when {{ given }} then 'computed'
            else 'not_collected'
        end as value_status,
        case when not is_reported then coalesce(gap_reason, 'suppressed_by_state') else gap_reason end as gap_reason
{%- endmacro %}
