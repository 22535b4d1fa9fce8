{#
    The margin of error of a sum of estimates, or of the parts of them that weights cut out (give the weighted margin): the root of the
    summed squares, of several estimates of zero the largest margin once (Census Bureau 2018, ch. 8). Weights count as known. NULL if
    any margin is. Sorted, so that its last digits do not depend on the order in which rows arrive.
#}
{% macro margin_of_sum(estimate, margin) -%}
    case
        when count(*) = count({{ margin }}) then {{ stats('moe_sum') }}(list_sort(list_filter(
            list_append(list({{ margin }}) filter (where {{ estimate }} <> 0), max({{ margin }}) filter (where {{ estimate }} = 0)),
            lambda margin: margin is not null
        )))
    end
{%- endmacro %}
