{# The statistics that readers find in the released file, called by the models under the name they have during the build. #}
{% macro stats(name) -%}
    release.stats.{{ name }}
{%- endmacro %}
