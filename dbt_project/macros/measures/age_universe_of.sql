{# The age universe of an age group of five years, of which 18 is open and 0 is everyone: ages_0_4, ages_85_and_over, total. #}
{% macro age_universe_of(age_group) -%}
    case {{ age_group }}
            when 0 then 'total'
            when 18 then 'ages_85_and_over'
            else concat('ages_', cast(5 * ({{ age_group }} - 1) as integer), '_', cast(5 * {{ age_group }} - 1 as integer))
        end
{%- endmacro %}
