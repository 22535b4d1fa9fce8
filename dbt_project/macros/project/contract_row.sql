{# One row: the contract of a source and its newest delivery (receipts.contracts). #}
{% macro contract_row(source_name) -%}
    select * from {{ source('receipts', 'contracts') }} where source = '{{ source_name }}'
{%- endmacro %}
