{# What a proportion or a rate is multiplied by to be in its unit. #}
{% macro unit_factor(unit) -%}
    case {{ unit }} when 'percent' then 100.0 when 'per_100' then 100.0 when 'per_1000' then 1000.0 when 'per_100000' then 100000.0 else 1.0 end
{%- endmacro %}
