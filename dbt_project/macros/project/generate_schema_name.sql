{# A model's schema is the one that dbt_project.yml names, not that name behind the target's: readers see these names. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name | trim if custom_schema_name else target.schema }}
{%- endmacro %}
