{# Percent limits of a share whose interval is as wide as its error to both sides, within 0 to 100; NULL without an error. #}
{% macro interpolated_share_limits(share, error) -%}
    {#- greatest() and least() leave out NULL, so that the bound has to be NULL without an error #}
        100 * greatest({{ share }} - {{ error }}, 0 * {{ error }}) as ci_low,
        100 * least({{ share }} + {{ error }}, 1 + 0 * {{ error }}) as ci_high
{%- endmacro %}
