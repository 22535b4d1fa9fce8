{#
    A street as it is compared, whole and with one part left out. Spaces and hyphens do not matter: VAN BUREN and VANBUREN are one.
#}
{% macro street_keys(relation) -%}
    {%- set name = "regexp_replace(" ~ relation ~ ".street_name, '[ -]', '', 'g')" -%}
    concat_ws(' ', {{ relation }}.directional, {{ name }}, {{ relation }}.street_type) as street,
        concat_ws(' ', {{ relation }}.directional, {{ name }}) as street_without_type,
        concat_ws(' ', {{ name }}, {{ relation }}.street_type) as street_without_directional
{%- endmacro %}
