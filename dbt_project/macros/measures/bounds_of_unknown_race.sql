{#
    The least and the most of a figure of a group: all of unknown race had it and belong to the group; or none of them; unless the counts
    model names them.
#}
{% macro bounds_of_unknown_race() -%}
    case
        when not has_bounds or bound_low is not null then bound_low
        when kind = 'proportion' then factor * (numerator / (denominator + unknown_records - unknown_numerator))
        else factor * (numerator / denominator)
    end as bound_low,
    case
        when not has_bounds or bound_high is not null then bound_high
        when kind = 'proportion' then factor * ((numerator + unknown_numerator) / (denominator + unknown_numerator))
        else factor * ((numerator + unknown_numerator) / denominator)
    end as bound_high
{%- endmacro %}
