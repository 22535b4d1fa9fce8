{#
Directly standardised rates. Here: the interval. Not here: standard populations, and the rate itself, which is a plain sum.
#}

{# Byar's limits of the total count, scaled to the variance of the weighted sum: Dobson, Kuulasmaa, Eberle and Scherer (1991)
   Statistics in Medicine 10:457, as in PHE's calculate_dsr. Below 10 events in all there is no interval (Morris et al. 2018).
   Where a rare stratum weighs much the formula's lower limit is negative, which no rate is: 0 then. #}
{% macro stats_directly_standardised_rate_ci(database) %}
create or replace macro {{ database }}.stats.directly_standardised_rate_ci(
    events, populations, standard_populations, confidence
) as
    list_transform([{
        'events': events::double[],
        'populations': populations::double[],
        'standard_populations': standard_populations::double[],
        'z': {{ stats_z('directly_standardised_rate_ci') }}
    }], lambda s: case
        when s['z'] is null then null
        {{ stats_check_lists('directly_standardised_rate_ci', ['events', 'populations', 'standard_populations']) }}
        when list_min(s['populations']) = 0 or list_sum(s['standard_populations']) = 0 then null
        when list_sum(s['events']) < 10 - 1e-9 then null
        else list_transform([list_sum(s['standard_populations'])], lambda standard: list_transform([{
            'x': list_sum(s['events']),
            'weights': list_transform(s['standard_populations'], lambda w, i: w / standard / s['populations'][i])
        }], lambda r: list_transform([{
            'rate': list_dot_product(s['events'], r['weights']),
            'scale': sqrt(list_dot_product(s['events'], list_transform(r['weights'], lambda w: w * w)) / r['x'])
        }], lambda d: {
            'low': greatest(0, d['rate'] + d['scale'] * ({{ stats_byar_low("r['x']", "s['z']") }} - r['x'])),
            'high': d['rate'] + d['scale'] * ({{ stats_byar_high("r['x']", "s['z']") }} - r['x'])
        })[1])[1])[1]
    end)[1];
comment on macro {{ database }}.stats.directly_standardised_rate_ci is
    'Dobson/Byar interval of a directly standardised rate, per unit of population, lists by stratum; NULL below 10 events';
{% endmacro %}
