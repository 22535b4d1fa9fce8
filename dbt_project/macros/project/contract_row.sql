{# One row: what the contract of a source and its newest delivery say (receipts.contracts). #}
{% macro contract_row(source_name) -%}
    select * from {{ source('receipts', 'contracts') }} where source = '{{ source_name }}'
{%- endmacro %}
