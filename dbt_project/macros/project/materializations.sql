{#
    Tables and views are replaced in place, in one transaction. The materializations of dbt-duckdb build under another name, rename
    twice and drop: three more statements per model, which take longer than most models here. If a model fails, DuckDB rolls the
    transaction back and keeps the earlier table.
#}

{% materialization table, adapter='duckdb' -%}
    {%- set existing, target_relation = load_cached_relation(this), this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks) }}
    {%- if existing is not none and not existing.is_table %}
        {%- do adapter.drop_relation(existing) %}
    {%- endif %}
    {%- call statement('main') %}
        drop table if exists {{ target_relation }};
        {{ create_table_as(false, target_relation, compiled_code) }}
    {%- endcall %}
    {%- do persist_docs(target_relation, model) %}
    {{ run_hooks(post_hooks) }}
    {%- do adapter.commit() %}
    {{- return({'relations': [target_relation]}) }}
{%- endmaterialization %}


{% materialization view, adapter='duckdb' -%}
    {%- set existing, target_relation = load_cached_relation(this), this.incorporate(type='view') -%}
    {{ run_hooks(pre_hooks) }}
    {%- if existing is not none and not existing.is_view %}
        {%- do adapter.drop_relation(existing) %}
    {%- endif %}
    {%- call statement('main') %}
        drop view if exists {{ target_relation }};
        {#- the columns in the order of the contract, as dbt writes them into a table #}
        {{ create_view_as(target_relation, get_select_subquery(compiled_code) if config.get('contract').enforced else compiled_code) }}
    {%- endcall %}
    {%- do persist_docs(target_relation, model) %}
    {{ run_hooks(post_hooks) }}
    {%- do adapter.commit() %}
    {{- return({'relations': [target_relation]}) }}
{%- endmaterialization %}


{# Descriptions as comments, in one statement. dbt's own macro lists the columns of the table twice before it writes them. #}
{% macro duckdb__persist_docs(relation, model, for_relation, for_columns) -%}
    {%- set comments = [] %}
    {%- if for_relation and config.persist_relation_docs() and model.description %}
        {%- do comments.append(alter_relation_comment(relation, model.description)) %}
    {%- endif %}
    {%- if for_columns and config.persist_column_docs() %}
        {%- for column in model.columns.values() %}
            {%- set name = adapter.quote(column.name) if column.quote else column.name %}
            {%- do comments.append(
                "comment on column " ~ relation ~ "." ~ name ~ " is " ~ duckdb_escape_comment(column.description) ~ ";"
            ) %}
        {%- endfor %}
    {%- endif %}
    {%- if comments %}
        {%- do run_query(comments | join("\n")) %}
    {%- endif %}
{%- endmacro %}
