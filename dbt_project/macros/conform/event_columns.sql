{#
    The columns that every fact begins with. A source with a key names the event by the hash of that key; without one, equal rows
    are told apart by a running number in the order in which they were delivered.
#}
{% macro event_columns(event, has_key) -%}
    {%- if has_key %}
        _record_hash as {{ event }}_key,
    {%- else %}
        md5(concat(
            _record_hash,
            '#',
            row_number() over (partition by _record_hash order by _load_id, _source_file, _source_row)
        )) as {{ event }}_key,
    {%- endif %}
        source,
        jurisdiction,
        _load_id,
        _source_file,
        _source_row
{%- endmacro %}


{# Where an event lies, for a source that has no place on its records or is not placed yet. #}
{% macro place_columns_of_no_place() -%}
    cast(null as varchar) as tract_geoid,
        cast(null as varchar) as aldermanic_district_geoid,
        cast(null as varchar) as aldermanic_district_vintage,
        cast(null as varchar) as police_district_geoid,
        cast(null as varchar) as neighborhood_geoid,
        'none' as geocode_quality
{%- endmacro %}


{# Where an event lies, for a source whose records name their neighborhood and carry nothing that could be placed: no address is lost. #}
{% macro place_columns_by_neighborhood() -%}
    cast(null as varchar) as tract_geoid,
        cast(null as varchar) as aldermanic_district_geoid,
        cast(null as varchar) as aldermanic_district_vintage,
        cast(null as varchar) as police_district_geoid,
        neighborhood_geoid,
        geocode_quality
{%- endmacro %}
