{#
    Incremental facts: one row per delivered record of one source, and no row depends on another. If only loads of its own source are
    new, dbt deletes the rows that these loads superseded and appends theirs. Any other change (a seed, a map, the address index, the
    SQL) rebuilds the fact. orchestration/transform/fingerprints.py decides by fingerprints, and writes the new loads into receipts.growth.

    Such a model has {{ config(materialized='incremental', incremental_strategy='append', on_schema_change='fail',
    meta={'incremental_source': SOURCE}, pre_hook="{{ delete_superseded_rows(SOURCE) }}") }},
    and reads its source where {{ is_new_load() }}.
    Models between the source and the fact that work row by row have meta={'row_by_row': true}.
    A column that changes with the end of data is one of the fact's last, and is in meta={'view_columns': {COLUMN: "MACRO(…)"}}: an
    engine builds parts without it, and what reads the parts calls the macro. A pre_hook updates it where the fact is a table.
#}

{# SQL boolean: the row is of a load that the fact does not contain yet; true where the fact is rebuilt. #}
{% macro is_new_load() -%}
    {%- if execute and this and is_incremental() -%}
        _load_id in ({{ new_loads() }})
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}


{# Delete rows that a new load superseded in landing (ingest/landing/superseded.py), or delivers again. #}
{% macro delete_superseded_rows(source_name) -%}
    {%- if execute and this and is_incremental() %}
    delete from {{ this }} as held
    where
        held._load_id in ({{ new_loads() }})
        or exists (
            select 1
            from {{ target.database }}.intake.superseded_rows as gone
            where
                gone.source = '{{ source_name }}'
                and gone.sequence in ({{ new_loads('sequence') }})
                and held._source_row = gone.source_row
                and held._load_id = gone.load_id
                and held._source_file = gone.source_file
        )
    {%- endif -%}
{%- endmacro %}


{# The loads as SQL literals, by `load_id` or `sequence`, so that the filter reaches the delivered rows before they are typed. #}
{% macro new_loads(column='load_id') -%}
    {%- set found = run_query(
        "select " ~ column ~ " from " ~ source('receipts', 'growth') ~ " where model = '" ~ this.identifier ~ "' order by 1"
    ) -%}
    {%- for row in found.rows %}'{{ row[0] }}'{{ ', ' if not loop.last }}{% else %}null{% endfor -%}
{%- endmacro %}
