{# The limits of a published figure, as two columns: those that the publisher gives, or the figure and its margin of error at 95 %. #}
{% macro published_limits() -%}
    case bound_kind
            when 'confidence_95' then bound_low
            when 'margin_90' then value - {{ rule('z_95') }} * {{ stats('moe_to_se') }}(moe)
        end as ci_low,
        case bound_kind
            when 'confidence_95' then bound_high
            when 'margin_90' then value + {{ rule('z_95') }} * {{ stats('moe_to_se') }}(moe)
        end as ci_high
{%- endmacro %}
