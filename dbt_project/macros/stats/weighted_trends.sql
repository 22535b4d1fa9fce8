{#
A straight line through estimates whose variances are known. Here: its slope. Not here: which periods are compared
(macros/measures/gap_trends.sql).
#}

{# Weighted least squares with known variances: slope Σ w (x − x̄)(y − ȳ) / Σ w (x − x̄)², variance 1 / Σ w (x − x̄)², w = 1 / variance of
   y. Press, Teukolsky, Vetterling and Flannery (1992), Numerical Recipes, section 15.2 (known errors). SEER*Stat's
   weighted annual percent change (NCI, SEER*Stat help, Trend Algorithms) is the same slope of logarithms of rates; its error comes from the
   residuals, of which three years have one degree of freedom. NULL below three points. #}
{% macro stats_weighted_slope(database) %}
create or replace macro {{ database }}.stats.weighted_slope(xs, ys, weights, confidence) as
    list_transform([{
        'xs': xs::double[], 'ys': ys::double[], 'weights': weights::double[], 'z': {{ stats_z('weighted_slope') }}
    }], lambda s: case
        when s['z'] is null or s['xs'] is null or s['ys'] is null or s['weights'] is null then null
        when len(s['xs']) = 0 or len(s['ys']) = 0 or len(s['weights']) = 0 then null
        when len(s['ys']) <> len(s['xs']) then error('stats.weighted_slope: ys must have as many elements as xs')
        when len(s['weights']) <> len(s['xs']) then error('stats.weighted_slope: weights must have as many elements as xs')
        when list_count(s['xs']) < len(s['xs']) or list_count(s['ys']) < len(s['ys']) or list_count(s['weights']) < len(s['weights'])
            then null
        when len(s['xs']) < 3 then null
        when list_min(s['weights']) < 0 or not isfinite(list_max(s['weights']))
            then error('stats.weighted_slope: weights must be finite numbers, none below 0')
        else list_transform([{
            'x': list_dot_product(s['xs'], s['weights']) / nullif(list_sum(s['weights']), 0),
            'y': list_dot_product(s['ys'], s['weights']) / nullif(list_sum(s['weights']), 0)
        }], lambda m: list_transform([{
            'xx': list_sum(list_transform(s['xs'], lambda x, i: s['weights'][i] * pow(x - m['x'], 2))),
            'xy': list_sum(list_transform(s['xs'], lambda x, i: s['weights'][i] * (x - m['x']) * (s['ys'][i] - m['y'])))
        }], lambda d: case when d['xx'] > 0 then {
            'value': d['xy'] / d['xx'],
            'low': d['xy'] / d['xx'] - s['z'] / sqrt(d['xx']),
            'high': d['xy'] / d['xx'] + s['z'] / sqrt(d['xx'])
        } end)[1])[1]
    end)[1];
comment on macro {{ database }}.stats.weighted_slope is
    'Slope of a line through estimates, weighted by the inverse of their variances, with its interval; NULL below three points';
{% endmacro %}
