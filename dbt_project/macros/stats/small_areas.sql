{#
Smoothed values of small areas, drawn toward the mean of all the more, the less each is known. Here: two estimators for counts, one for
estimates with variances; each returns a list in the order of its arguments. Not here: which areas are smoothed together
(macros/measures/area_figures.sql).
#}

{# Marshall (1991) Applied Statistics 40:283, the global estimator, as in spdep::EBest and PySAL's Empirical_Bayes: mean m = Σx / Σn,
   variance between areas A = Σn(r - m)² / Σn - m / n̄, at least 0; smoothed = m + A / (A + m / n) (r - m). #}
{% macro stats_empirical_bayes_rates(database) %}
create or replace macro {{ database }}.stats.empirical_bayes_rates(events, populations) as
    list_transform([{'events': events::double[], 'populations': populations::double[]}], lambda s: case
        {{ stats_check_counts('empirical_bayes_rates') }}
        else list_transform([{
            'mean': list_sum(s['events']) / list_sum(s['populations']),
            'within': list_sum(s['events']) / list_sum(s['populations'])
        }], lambda m: {{ stats_smoothed_counts("m['within'] / (list_sum(s['populations']) / len(s['populations']))", "m['within']") }})[1]
    end)[1];
comment on macro {{ database }}.stats.empirical_bayes_rates is
    'Rates of areas, smoothed by the global empirical Bayes estimator of Marshall (1991), per unit of population, lists by area';
{% endmacro %}


{# The same moments for shares. Given its own share an area's count is binomial, so that m (1 - m) - A takes the place of m
   (Martuzzi and Elliott 1996, Statistics in Medicine 15:1867): A = (Σn(r - m)² / Σn - m (1 - m) / n̄) / (1 - 1 / n̄). #}
{% macro stats_empirical_bayes_proportions(database) %}
create or replace macro {{ database }}.stats.empirical_bayes_proportions(events, populations) as
    list_transform([{'events': events::double[], 'populations': populations::double[]}], lambda s: case
        {{ stats_check_counts('empirical_bayes_proportions') }}
        when list_min(list_transform(s['events'], lambda x, i: s['populations'][i] * (1 + 1e-9) - x)) < 0
            then error('stats.empirical_bayes_proportions: events must not be greater than populations')
        else list_transform([{
            'mean': list_sum(s['events']) / list_sum(s['populations']),
            'size': list_sum(s['populations']) / len(s['populations'])
        }], lambda m: {{ stats_smoothed_counts(
            "m['mean'] * (1 - m['mean']) / m['size']", "(m['mean'] * (1 - m['mean']) - a['between'])", "(1 - 1 / nullif(m['size'], 1))"
        ) }})[1]
    end)[1];
comment on macro {{ database }}.stats.empirical_bayes_proportions is
    'Shares of areas, smoothed by empirical Bayes (beta-binomial moments), 0-1, lists by area; NULL for one element or less per area';
{% endmacro %}

{% macro stats_check_counts(function) -%}
{{ stats_check_lists(function, ['events', 'populations']) }}
        when list_min(s['populations']) = 0 then null
{%- endmacro %}

{# between: the variance of the areas' true values · within: of one event's chance, so that an area of size n adds within / n #}
{% macro stats_smoothed_counts(expected, within, correction='1.0') -%}
list_transform([{
            'between': greatest(
                list_sum(list_transform(s['events'], lambda x, i: s['populations'][i] * pow(x / s['populations'][i] - m['mean'], 2)))
                / list_sum(s['populations']) - {{ expected }},
                0
            ) / {{ correction }}
        }], lambda a: list_transform(s['events'], lambda x, i:
            m['mean'] + (x / s['populations'][i] - m['mean'])
            * case when a['between'] > 0 then a['between'] / (a['between'] + {{ within }} / s['populations'][i]) else 0 end
        ))[1]
{%- endmacro %}


{# Fay and Herriot (1979) JASA 74:269, one common mean: y = θ + e with variance D of e known, θ of mean μ and variance A, which solves
   Σ(y - μ)² / (A + D) = k - 1 (the same equation as Paule and Mandel 1982), or is 0. Newton's method on the reciprocal of the sum, which
   is a straight line where all D are equal. #}
{% macro stats_fay_herriot(database) %}
create or replace macro {{ database }}.stats.fay_herriot(estimates, variances) as
    list_transform([{'estimates': estimates::double[], 'variances': variances::double[]}], lambda s: case
        when s['estimates'] is null or s['variances'] is null or len(s['estimates']) = 0 or len(s['variances']) = 0 then null
        when len(s['variances']) <> len(s['estimates'])
            then error('stats.fay_herriot: variances must have as many elements as estimates')
        when list_count(s['estimates']) < len(s['estimates']) or list_count(s['variances']) < len(s['variances']) then null
        when list_min(s['variances']) <= 0 or not isfinite(list_max(s['variances']))
            then error('stats.fay_herriot: variances must be finite numbers above 0')
        else list_transform([list_reduce(
            list_resize([]::double[], 30, 0.0::double),
            lambda tau, step: list_transform([{{ stats_weighted_mean('tau') }}], lambda mean: list_transform([{
                'sum': list_sum(list_transform(s['estimates'], lambda y, i: pow(y - mean, 2) / (tau + s['variances'][i]))),
                'squares': list_sum(list_transform(s['estimates'], lambda y, i: pow((y - mean) / (tau + s['variances'][i]), 2)))
            }], lambda h: greatest(coalesce(
                tau + h['sum'] * (h['sum'] - (len(s['estimates']) - 1)) / nullif((len(s['estimates']) - 1) * h['squares'], 0),
                0
            ), 0))[1])[1],
            0.0::double
        )], lambda tau: list_transform([{{ stats_weighted_mean('tau') }}], lambda mean: list_transform(
            s['estimates'], lambda y, i: mean + (y - mean) * tau / (tau + s['variances'][i])
        ))[1])[1]
    end)[1];
comment on macro {{ database }}.stats.fay_herriot is
    'Estimates of areas with known variances, smoothed by the model of Fay and Herriot (1979) with one mean, lists by area';
{% endmacro %}

{% macro stats_weighted_mean(tau) -%}
list_sum(list_transform(s['estimates'], lambda y, i: y / ({{ tau }} + s['variances'][i])))
                / list_sum(list_transform(s['variances'], lambda d: 1 / ({{ tau }} + d)))
{%- endmacro %}
