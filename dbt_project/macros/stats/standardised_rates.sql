{#
Directly standardised rates. Here: two intervals, and the quantiles of a gamma distribution that one of them needs. Not here: standard
populations, and the rate itself, which is a plain sum.
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


{# Fay and Feuer (1997) Statistics in Medicine 16:791: gamma limits of a weighted sum of Poisson counts, with the modification of Tiwari,
   Clegg and Zou (2006) Statistical Methods in Medical Research 15:547, which SEER*Stat uses: the upper limit adds the mean weight and
   not the largest one. With one stratum both limits are the exact ones of Garwood (1936). NULL below 10 events. #}
{% macro stats_age_adjusted_rate_ci(database) %}
create or replace macro {{ database }}.stats.age_adjusted_rate_ci(
    events, populations, standard_populations, confidence
) as
    list_transform([{
        'events': events::double[],
        'populations': populations::double[],
        'standard_populations': standard_populations::double[],
        'z': {{ stats_z('age_adjusted_rate_ci') }}
    }], lambda s: case
        when s['z'] is null then null
        {{ stats_check_lists('age_adjusted_rate_ci', ['events', 'populations', 'standard_populations']) }}
        when list_min(s['populations']) = 0 or list_sum(s['standard_populations']) = 0 then null
        when list_sum(s['events']) < 10 - 1e-9 then null
        else list_transform([list_sum(s['standard_populations'])], lambda standard: list_transform([
            list_transform(s['standard_populations'], lambda w, i: w / standard / s['populations'][i])
        ], lambda weights: list_transform([{
            'rate': list_dot_product(s['events'], weights),
            'variance': list_dot_product(s['events'], list_transform(weights, lambda w: w * w)),
            'mean': list_sum(weights) / len(weights),
            'mean_square': list_dot_product(weights, weights) / len(weights)
        }], lambda m: {
            'low': m['variance'] / m['rate'] * {{ stats_gamma_quantile("m['rate'] * m['rate'] / m['variance']", "-s['z']") }},
            'high': (m['variance'] + m['mean_square']) / (m['rate'] + m['mean']) * {{ stats_gamma_quantile(
                "pow(m['rate'] + m['mean'], 2) / (m['variance'] + m['mean_square'])", "s['z']"
            ) }}
        })[1])[1])[1]
    end)[1];
comment on macro {{ database }}.stats.age_adjusted_rate_ci is
    'Gamma interval (Fay-Feuer, Tiwari) of an age-adjusted rate, per unit of population, lists by age group; NULL below 10 events';
{% endmacro %}

{# The quantile of a gamma distribution of scale 1 at the two-sided critical value z: Newton's method from the approximation of Wilson
   and Hilferty (1931). The distribution function is the series of Abramowitz and Stegun (1964) 6.5.29, whose terms fall after x - shape
   of them; 12 steps are more than twice those that 10 to 100,000 events need. #}
{% macro stats_gamma_quantile(shape, z) -%}
list_transform([{
                'a': {{ shape }},
                'p': case when abs({{ z }}) < 1.9 then 0.05 when abs({{ z }}) < 2.5 then 0.025 else 0.005 end::double,
                'z': {{ z }}
            }], lambda g: list_reduce(
                list_resize([]::double[], 12, 0.0::double),
                lambda x, step: greatest(x - (
                    list_sum(list_transform(
                        range(0, (greatest(x - g['a'], 0) + 12 * sqrt(x) + 60)::bigint),
                        lambda k: exp((g['a'] + k) * ln(x) - x - lgamma(g['a'] + k + 1))
                    )) - case when g['z'] < 0 then g['p'] else 1 - g['p'] end
                ) / exp((g['a'] - 1) * ln(x) - x - lgamma(g['a'])), x / 2),
                g['a'] * pow(1 - 1 / (9 * g['a']) + g['z'] / (3 * sqrt(g['a'])), 3)
            ))[1]
{%- endmacro %}
