{#
Measures over groups that have an order, from worst to best: income, deprivation. Never race, which has none. The lists are
in that order. Each group sits at its ridit: the share of the population in all groups before it plus half its own. Here:
slope index of inequality, relative concentration index. Not here: the ranking.
#}

{# The ridits of s['populations'], given their sum as m['n']. #}
{% macro stats_ridits() -%}
list_transform(s['populations'], lambda p, i: (list_sum(s['populations'][1:i]) - p / 2) / m['n'])
{%- endmacro %}

{# Linear least squares weighted by population, as in PHE's phe_sii. The WHO package healthequal fits a logit model to the
   same groups with the populations as weights once too often (44.445 where the line's slope is 46.254); that is not this.
   The ridits' weighted mean is 1/2 whatever the populations. #}
{% macro stats_slope_index_of_inequality(database) %}
create or replace macro {{ database }}.stats.slope_index_of_inequality(populations, rates) as
    list_transform([{'populations': populations::double[], 'rates': rates::double[]}], lambda s: case
        {{ stats_check_lists('slope_index_of_inequality', ['populations', 'rates']) }}
        when list_sum(s['populations']) = 0 then null
        else list_transform([{
            'n': list_sum(s['populations']),
            'mu': list_dot_product(s['populations'], s['rates']) / list_sum(s['populations'])
        }], lambda m: list_transform([list_transform({{ stats_ridits() }}, lambda x: x - 0.5e0)], lambda x:
            list_dot_product(
                list_transform(s['populations'], lambda p, i: p * x[i]), list_transform(s['rates'], lambda y: y - m['mu'])
            )
            / nullif(list_dot_product(s['populations'], list_transform(x, lambda v: v * v)), 0)
        )[1])[1]
    end)[1];
comment on macro {{ database }}.stats.slope_index_of_inequality is
    'Slope index of inequality: weighted least-squares slope of rates on ridits, lists from worst to best; NULL for one group';
{% endmacro %}

{% macro stats_relative_concentration_index(database) %}
create or replace macro {{ database }}.stats.relative_concentration_index(populations, rates) as
    list_transform([{'populations': populations::double[], 'rates': rates::double[]}], lambda s: case
        {{ stats_check_lists('relative_concentration_index', ['populations', 'rates']) }}
        when list_dot_product(s['populations'], s['rates']) = 0 then null
        else list_transform([{'n': list_sum(s['populations'])}], lambda m: list_transform([{{ stats_ridits() }}], lambda x:
            2 * list_dot_product(list_transform(s['populations'], lambda p, i: p * x[i]), s['rates'])
            / list_dot_product(s['populations'], s['rates']) - 1
        )[1])[1]
    end)[1];
comment on macro {{ database }}.stats.relative_concentration_index is
    'Relative concentration index: 2/mu times the sum of p y x, minus 1, x the ridit; lists from worst to best';
{% endmacro %}
