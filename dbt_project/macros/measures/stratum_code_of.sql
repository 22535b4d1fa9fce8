{# A label that comes from the data as the code of a stratum: upper case with single spaces. dim_stratum takes its members so, too. #}
{% macro stratum_code_of(label) -%}
    nullif(upper(trim(regexp_replace({{ label }}, '\s+', ' ', 'g'))), '')
{%- endmacro %}
