{#
    The key of a record: HMAC-SHA-256 of a text with the secret of the home. The function is in a database in memory
    (`warehouse/record_keys`), so that compiled SQL does not contain the secret. Equal texts have equal keys in every fact of a home.
#}
{% macro record_key(text) -%}
    record_keys.main.keyed({{ text }})
{%- endmacro %}


{#
    The columns that every fact begins with. A source with a key names the event by that key; without one, equal rows are distinguished
    by their running number (see `numbered`). `snapshot`: the date of the snapshot that a row of a stock is of; the same record in two
    snapshots is two rows, with a key each. Rows without that date have the key of a record without snapshots. `is_public`: the rows of
    a publisher, or records without a person that the city publishes itself: their key is a hash that everyone may compute.
#}
{% macro event_columns(event, has_key, snapshot=none, is_public=false) -%}
    {%- if has_key -%}
        {%- set text = '_record_hash' -%}
    {%- elif snapshot -%}
        {%- set text = "concat_ws('#', _record_hash, _number, " ~ snapshot ~ ")" -%}
    {%- else -%}
        {%- set text = "concat(_record_hash, '#', _number)" -%}
    {%- endif %}
        {{ record_key(text) if not is_public else (text if has_key else 'md5(' ~ text ~ ')') }} as {{ event }}_key,
        source,
        jurisdiction,
        _load_id,
        _source_file,
        _source_row
{%- endmacro %}


{#
    Records of a source without a key with `_number`: 1, and the running number among equal ones in the order in which they were
    delivered. Few are equal, so only those are sorted: to number all of them would sort the whole source. `within`: the date of the
    snapshot, so that a later one never changes the numbers of an earlier one.
#}
{% macro numbered(relation, within=none) -%}
    {%- set alike = '_record_hash, ' ~ within if within else '_record_hash' -%}
    select
        {{ relation }}.*,
        coalesce(equals.number, 1) as _number
    from {{ relation }}
    left join (
        select
            _load_id,
            _source_file,
            _source_row,
            row_number() over (partition by {{ alike }} order by _load_id, _source_file, _source_row) as number
        from {{ relation }}
        where _record_hash in (select _record_hash from {{ relation }} group by {{ alike }} having count(*) > 1)
    ) as equals
        on
            {{ relation }}._load_id = equals._load_id
            and {{ relation }}._source_file = equals._source_file
            and {{ relation }}._source_row = equals._source_row
{%- endmacro %}
