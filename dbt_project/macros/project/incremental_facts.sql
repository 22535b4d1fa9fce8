{#
    Facts that grow: one row per delivered record of one source, and nothing of a row depends on the other rows. A run that finds such
    a fact as it would be built again, but for loads of its own source, takes out the rows that these took out of landing and adds
    theirs; anything else that the fact is made of (a seed, a map, the address index, its SQL) builds it anew. Python decides
    which of both, by hashes (orchestration/transform/build_plan.py), and writes the loads to take into receipts.growth.

    A model of this kind says {{ config(materialized='incremental', incremental_strategy='append', on_schema_change='fail',
    meta={'incremental_source': SOURCE}, pre_hook="{{ delete_superseded_rows(SOURCE) }}") }}, and reads its source where {{ is_new_load(SOURCE) }}.
    Models between the source and the fact that work row by row say so as well: meta={'row_by_row': true}.
#}

{# SQL boolean: the row is of a load that the fact has not taken in yet; true where the fact is built anew. #}
{% macro is_new_load() -%}
    {%- if execute and this and is_incremental() -%}
        _load_id in ({{ new_loads() }})
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}


{# Take out the rows whose delivered record a new load took out of landing (ingest/landing/superseded.py), or brings anew. #}
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
