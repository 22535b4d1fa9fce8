{#
Control limits of a funnel plot: how far the figure of a place may be from a target by chance, given its size. Here: exact limits of
shares and of rates. Not here: the target of a place (macros/measures/area_figures.sql).

Spiegelhalter (2005) Statistics in Medicine 24:1185, appendix A.1.1: r is the smallest count with F(r) = P(R ≤ r) > p, and the limit
(r - (F(r) - p) / P(R = r)) / n interpolates between counts, so that limits do not jump from one size to the next.
#}

{% macro stats_funnel_proportion_limits(database) %}
create or replace macro {{ database }}.stats.funnel_proportion_limits(target, n, level) as
    list_transform([{
        'target': target::double, 'n': round(n::double), 'level': {{ stats_funnel_level('funnel_proportion_limits') }}
    }], lambda s: case
        when s['target'] is null or s['n'] is null or s['level'] is null then null
        {{- stats_refuse_negative('funnel_proportion_limits', ['target', 'n']) }}
        when s['target'] > 1 then error('stats.funnel_proportion_limits: target must not be greater than 1')
        when s['n'] = 0 then null
        when s['target'] in (0, 1) then {'low': s['target'], 'high': s['target']}
        else list_transform([{
            'mean': s['n'] * s['target'], 'spread': sqrt(s['n'] * s['target'] * (1 - s['target'])),
            'skew': 1 - 2 * s['target'], 'most': s['n'],
            'z': case s['level'] when 0.95 then 1.959963984540054 else 3.090232306167813 end::double
        }], lambda d: {{ stats_funnel_pair(
            "lgamma(s['n'] + 1) - lgamma(k + 1) - lgamma(s['n'] - k + 1) + k * ln(s['target']) + (s['n'] - k) * ln(1 - s['target'])", "s['n']"
        ) }})[1]
    end)[1];
comment on macro {{ database }}.stats.funnel_proportion_limits is
    'Exact binomial control limits of a share among n, 0-1, interpolated between counts; level 0.95 or 0.998';
{% endmacro %}


{% macro stats_funnel_rate_limits(database) %}
create or replace macro {{ database }}.stats.funnel_rate_limits(target, person_time, level) as
    list_transform([{
        'target': target::double, 'person_time': person_time::double, 'level': {{ stats_funnel_level('funnel_rate_limits') }}
    }], lambda s: case
        when s['target'] is null or s['person_time'] is null or s['level'] is null then null
        {{- stats_refuse_negative('funnel_rate_limits', ['target', 'person_time']) }}
        when s['person_time'] = 0 then null
        when s['target'] = 0 then {'low': 0.0, 'high': 0.0}
        else list_transform([{
            'mean': s['person_time'] * s['target'], 'spread': sqrt(s['person_time'] * s['target']),
            'skew': 1.0, 'most': cast('infinity' as double),
            'z': case s['level'] when 0.95 then 1.959963984540054 else 3.090232306167813 end::double
        }], lambda d: {{ stats_funnel_pair("k * ln(d['mean']) - d['mean'] - lgamma(k + 1)", "s['person_time']") }})[1]
    end)[1];
comment on macro {{ database }}.stats.funnel_rate_limits is
    'Exact Poisson control limits of a rate over person_time, per unit of it, interpolated between counts; level 0.95 or 0.998';
{% endmacro %}


{% macro stats_funnel_level(function) -%}
case
            when level is null then null
            when level::double in (0.95, 0.998) then level::double
            else error('stats.{{ function }}: level must be 0.95 or 0.998')
        end
{%- endmacro %}

{% macro stats_funnel_pair(log_probability, size) -%}
{
            'low': greatest({{ stats_funnel_limit(log_probability, "(1 - s['level']) / 2", "-d['z']", size) }}, 0),
            'high': least({{ stats_funnel_limit(log_probability, "(1 + s['level']) / 2", "d['z']", size) }}, d['most'] / {{ size }})
        }
{%- endmacro %}

{# The quantile's neighborhood of ten counts begins four below the approximation of Cornish and Fisher (1938); the counts before them are
   summed from nine standard deviations below the mean on, beyond which they add less than 1e-18. #}
{% macro stats_funnel_limit(log_probability, p, z, size) -%}
list_transform([least(
                greatest(floor(d['mean'] + {{ z }} * d['spread'] + d['skew'] * ({{ z }} * {{ z }} - 1) / 6) - 4, 0), d['most']
            )], lambda first: list_transform([{
                'before': coalesce(list_sum(list_transform(
                    range(greatest(floor(d['mean'] - 9 * d['spread']) - 10, 0)::bigint, first::bigint), lambda k: exp({{ log_probability }})
                )), 0),
                'each': list_transform(
                    range(first::bigint, least(first + 9, d['most'])::bigint + 1), lambda k: exp({{ log_probability }})
                )
            }], lambda w: list_transform([
                coalesce(list_position(list_transform(
                    range(1, len(w['each']) + 1), lambda j: w['before'] + list_sum(w['each'][1:j]) > {{ p }}
                ), true), len(w['each']))
            ], lambda j:
                (first + j - 1 - (w['before'] + list_sum(w['each'][1:j]) - {{ p }}) / w['each'][j]) / {{ size }}
            )[1])[1])[1]
{%- endmacro %}
