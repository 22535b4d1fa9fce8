{#
    What an interval describes (interval_basis of the registry). A census is no sample: its figures have no interval but that of an
    interpolated population. Any other full enumeration has the interval of a super-population.
#}
{% macro has_interval_basis() -%}
    coalesce(interval_basis <> 'none' or ci_method = 'areal_interpolation', true)
{%- endmacro %}


{% macro ci_method_of_basis() -%}
    case when {{ has_interval_basis() }}
                then if(interval_basis = 'super_population' and ci_method <> 'areal_interpolation', 'super_population_', '') || ci_method end
{%- endmacro %}
