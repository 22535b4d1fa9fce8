{#
Intervals that compare a group (x1 of n1, or x1 events in t1) with a reference (x0, n0, t0). Here: risk ratio, rate ratio, risk
difference, and the change between two figures that bring intervals of their own. Not here: which group is the reference (the
measure's reference rule decides), place-weighted comparisons.
A ratio's limits overflow when a bridge leaves a sliver of an event (below about 0.00001): NULL, as for none.
#}

{# Katz, Baptista, Azen and Pike (1978) Biometrics 34:469. A ratio with no events on one side is 0 or undefined, and its
   logarithm has no interval: NULL. 1/x - 1/n is written (n - x)/(x n), which cannot fall below 0 by rounding. #}
{% macro stats_risk_ratio_ci(database) %}
create or replace macro {{ database }}.stats.risk_ratio_ci(x1, n1, x0, n0, confidence) as
    list_transform([{
        'x1': x1::double, 'n1': n1::double, 'x0': x0::double, 'n0': n0::double, 'z': {{ stats_z('risk_ratio_ci') }}
    }], lambda s: case
        when s['x1'] is null or s['n1'] is null or s['x0'] is null or s['n0'] is null or s['z'] is null then null
        {{- stats_refuse_negative('risk_ratio_ci', ['x1', 'n1', 'x0', 'n0']) }}
        {{ stats_refuse_excess('risk_ratio_ci', 'x1', 'n1') }}
        {{ stats_refuse_excess('risk_ratio_ci', 'x0', 'n0') }}
        when s['n1'] = 0 or s['n0'] = 0 or s['x1'] = 0 or s['x0'] = 0 then null
        else list_transform([{
            'ratio': s['x1'] / s['n1'] / (s['x0'] / s['n0']),
            'factor': exp(s['z'] * sqrt(
                (s['n1'] - least(s['x1'], s['n1'])) / (s['x1'] * s['n1'])
                + (s['n0'] - least(s['x0'], s['n0'])) / (s['x0'] * s['n0'])
            ))
        }], lambda r: case when isfinite(r['ratio'] * r['factor'])
            then {'low': r['ratio'] / r['factor'], 'high': r['ratio'] * r['factor']}
        end)[1]
    end)[1];
comment on macro {{ database }}.stats.risk_ratio_ci is
    'Katz log interval of the risk ratio (x1/n1)/(x0/n0); NULL when either side has no events';
{% endmacro %}

{# The logarithm of a ratio of two Poisson rates: Rothman, Greenland and Lash (2008), Modern Epidemiology, ch. 14. #}
{% macro stats_rate_ratio_ci(database) %}
create or replace macro {{ database }}.stats.rate_ratio_ci(x1, t1, x0, t0, confidence) as
    list_transform([{
        'x1': x1::double, 't1': t1::double, 'x0': x0::double, 't0': t0::double, 'z': {{ stats_z('rate_ratio_ci') }}
    }], lambda s: case
        when s['x1'] is null or s['t1'] is null or s['x0'] is null or s['t0'] is null or s['z'] is null then null
        {{- stats_refuse_negative('rate_ratio_ci', ['x1', 't1', 'x0', 't0']) }}
        when s['t1'] = 0 or s['t0'] = 0 or s['x1'] = 0 or s['x0'] = 0 then null
        else list_transform([{
            'ratio': s['x1'] / s['t1'] / (s['x0'] / s['t0']),
            'factor': exp(s['z'] * sqrt(1 / s['x1'] + 1 / s['x0']))
        }], lambda r: case when isfinite(r['ratio'] * r['factor'])
            then {'low': r['ratio'] / r['factor'], 'high': r['ratio'] * r['factor']}
        end)[1]
    end)[1];
comment on macro {{ database }}.stats.rate_ratio_ci is
    'Log interval of the rate ratio (x1/t1)/(x0/t0), standard error sqrt(1/x1 + 1/x0); NULL when either side has no events';
{% endmacro %}

{# Newcombe (1998b) Statistics in Medicine 17:873, method 10: the two Wilson intervals, squared and added. Zero events are
   fine here. #}
{% macro stats_risk_difference_ci(database) %}
create or replace macro {{ database }}.stats.risk_difference_ci(x1, n1, x0, n0, confidence) as
    list_transform([{
        'x1': x1::double, 'n1': n1::double, 'x0': x0::double, 'n0': n0::double, 'z': {{ stats_z('risk_difference_ci') }}
    }], lambda s: case
        when s['x1'] is null or s['n1'] is null or s['x0'] is null or s['n0'] is null or s['z'] is null then null
        {{- stats_refuse_negative('risk_difference_ci', ['x1', 'n1', 'x0', 'n0']) }}
        {{ stats_refuse_excess('risk_difference_ci', 'x1', 'n1') }}
        {{ stats_refuse_excess('risk_difference_ci', 'x0', 'n0') }}
        when s['n1'] = 0 or s['n0'] = 0 then null
        else list_transform([{'x1': least(s['x1'], s['n1']), 'x0': least(s['x0'], s['n0'])}], lambda k: list_transform([{
            'p1': k['x1'] / s['n1'],
            'low1': {{ stats_wilson_low("k['x1']", "s['n1']", "s['z']") }},
            'high1': {{ stats_wilson_high("k['x1']", "s['n1']", "s['z']") }},
            'p0': k['x0'] / s['n0'],
            'low0': {{ stats_wilson_low("k['x0']", "s['n0']", "s['z']") }},
            'high0': {{ stats_wilson_high("k['x0']", "s['n0']", "s['z']") }}
        }], lambda r: {
            'low': r['p1'] - r['p0'] - sqrt(pow(r['p1'] - r['low1'], 2) + pow(r['high0'] - r['p0'], 2)),
            'high': r['p1'] - r['p0'] + sqrt(pow(r['high1'] - r['p1'], 2) + pow(r['p0'] - r['low0'], 2))
        })[1])[1]
    end)[1];
comment on macro {{ database }}.stats.risk_difference_ci is
    'Newcombe interval (method 10, without continuity correction) of the risk difference x1/n1 - x0/n0, -1 to 1';
{% endmacro %}

{# Zou and Donner (2008) Statistics in Medicine 27:1693: the interval of a difference from the intervals of its two sides, squared and
   added ("MOVER"). With Wilson intervals it is Newcombe's method 10, which is how risk_difference_ci is made. Its confidence is that of the
   intervals. Values may be negative (a sum of payments), so only what is not finite or is outside its own interval is refused. #}
{% macro stats_change_ci(database) %}
{%- set arguments = ['value1', 'low1', 'high1', 'value0', 'low0', 'high0'] %}
create or replace macro {{ database }}.stats.change_ci({{ arguments | join(', ') }}) as
    list_transform([{
        {%- for argument in arguments %}
        '{{ argument }}': {{ argument }}::double{{ ',' if not loop.last }}
        {%- endfor %}
    }], lambda s: case
        when {% for argument in arguments -%} s['{{ argument }}'] is null{{ ' or ' if not loop.last }} {%- endfor %} then null
{%- for argument in arguments %}
        when not isfinite(s['{{ argument }}']) then error('stats.change_ci: {{ argument }} must be a finite number')
{%- endfor %}
{%- for side in ['1', '0'] %}
        when not s['value{{ side }}'] between s['low{{ side }}'] - 1e-9 * (1 + abs(s['low{{ side }}']))
            and s['high{{ side }}'] + 1e-9 * (1 + abs(s['high{{ side }}']))
            then error('stats.change_ci: value{{ side }} must be between low{{ side }} and high{{ side }}')
{%- endfor %}
        else {
            'low': s['value1'] - s['value0'] - sqrt(pow(s['value1'] - s['low1'], 2) + pow(s['high0'] - s['value0'], 2)),
            'high': s['value1'] - s['value0'] + sqrt(pow(s['high1'] - s['value1'], 2) + pow(s['value0'] - s['low0'], 2))
        }
    end)[1];
comment on macro {{ database }}.stats.change_ci is
    'Zou and Donner interval of the change value1 - value0 of two independent figures, from the interval of each';
{% endmacro %}
