{# The offences of an incident, each a column is_<offence> of fct_incidents and a stratum `offence`. #}
{% macro offences() -%}
    {{ return([
        'arson', 'assault', 'burglary', 'criminal_damage', 'homicide', 'robbery', 'sex_offense', 'theft', 'vehicle_theft',
    ]) }}
{%- endmacro %}
