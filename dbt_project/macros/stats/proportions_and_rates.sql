{#
Intervals of one proportion and of one rate. Here: proportion_ci, rate_ci and the table of exact Poisson limits.
Not here: comparisons of two groups (comparisons.sql), age-standardised rates (standardised_rates.sql).
#}

{# Wilson score interval. Wilson (1927) JASA 22:209; recommended over the exact one by Newcombe (1998a) and used by PHE/OHID. #}
{% macro stats_proportion_ci(database) %}
create or replace macro {{ database }}.stats.proportion_ci(x, n, confidence) as
    list_transform([{'x': x::double, 'n': n::double, 'z': {{ stats_z('proportion_ci') }}}], lambda s: case
        when s['x'] is null or s['n'] is null or s['z'] is null then null
        {{- stats_refuse_negative('proportion_ci', ['x', 'n']) }}
        {{ stats_refuse_excess('proportion_ci', 'x', 'n') }}
        when s['n'] = 0 then null
        else list_transform([least(s['x'], s['n'])], lambda k: {
            'low': {{ stats_wilson_low("k", "s['n']", "s['z']") }},
            'high': {{ stats_wilson_high("k", "s['n']", "s['z']") }}
        })[1]
    end)[1];
comment on macro {{ database }}.stats.proportion_ci is
    'Wilson score interval of x out of n, 0-1; confidence 0.90, 0.95 or 0.99';
{% endmacro %}

{#
Exact Poisson (chi-square) limits below 10 events, Byar's from 10 on: the rule of APHO Technical Briefing 3 and of PHE's
phe_rate.

Counts moved between geographies are not whole. The exact limits go on between whole counts (chi-square with 2x and 2x + 2
degrees of freedom), so they are tabled at whole and half events with straight lines between: exact at both, within 0.019
events and 0.4 % of the upper limit elsewhere. Byar's formula for the others would jump: a sum of weights that should be 1
is 0.999999999, and Byar's lower limit of 1 is half the exact one.
#}
{% macro stats_rate_ci(database) %}
create or replace macro {{ database }}.stats.rate_ci(x, person_time, confidence) as
    list_transform([{'x': x::double, 'person_time': person_time::double, 'z': {{ stats_z('rate_ci') }}}], lambda s: case
        when s['x'] is null or s['person_time'] is null or s['z'] is null then null
        {{- stats_refuse_negative('rate_ci', ['x', 'person_time']) }}
        when s['person_time'] = 0 then null
        when s['x'] >= 10 - 1e-9 then {
            'low': {{ stats_byar_low("s['x']", "s['z']") }} / s['person_time'],
            'high': {{ stats_byar_high("s['x']", "s['z']") }} / s['person_time']
        }
        else list_transform(
            [{
                'row': floor(2 * s['x'])::integer + 1 + case when s['z'] < 1.9 then 0 when s['z'] < 2.5 then 21 else 42 end,
                'part': 2 * s['x'] - floor(2 * s['x'])
            }],
            lambda t: list_transform(
                [{
                    'low': {{ stats_exact_poisson_low() }}[t['row']:t['row'] + 1],
                    'high': {{ stats_exact_poisson_high() }}[t['row']:t['row'] + 1]
                }],
                lambda e: {
                    'low': (e['low'][1] + t['part'] * (e['low'][2] - e['low'][1])) / s['person_time'],
                    'high': (e['high'][1] + t['part'] * (e['high'][2] - e['high'][1])) / s['person_time']
                }
            )[1]
        )[1]
    end)[1];
comment on macro {{ database }}.stats.rate_ci is
    'Interval of x events in person_time, per unit of it: exact Poisson below 10 events, else Byar (Breslow-Day)';
{% endmacro %}

{# Limits of 0, 0.5, 1 ... 10 events at 90, 95 and 99 %, 21 each: half the chi-square quantile with 2x (low) and 2x + 2 (high)
   degrees of freedom, Garwood (1936). The exponent makes the literals DOUBLE; a test computes them again with scipy. #}
{% macro stats_exact_poisson_low() -%}
[
    0e0, 1.96607000000976e-3, 5.129329438755053e-2, 1.759231588746357e-1, 3.55361510698662e-1,
    5.727381130308845e-1, 8.176914471639533e-1, 1.083674954649029e0, 1.366318396749831e0, 1.662556421533407e0,
    1.97014956805953e0, 2.287406539661112e0, 2.613014744196319e0, 2.945932168854923e0, 3.285315691894671e0,
    3.630471963835016e0, 3.980822786189275e0, 4.335880102335039e0, 4.695227540344492e0, 5.058506531929525e0,
    5.425405697091292e0,
    0e0, 4.910345585876292e-4, 2.53178079842899e-2, 1.07897641311949e-1, 2.422092785439651e-1,
    4.156058067433315e-1, 6.186721228956015e-1, 8.449345903386777e-1, 1.089865373626325e0, 1.350194749990179e0,
    1.623486390118421e0, 1.90787412611805e0, 2.201894253490851e0, 2.504375255905166e0, 2.814363051519867e0,
    3.131068897521626e0, 3.453832176748502e0, 3.782093224788785e0, 4.115373097378334e0, 4.453258240993986e0,
    4.795388696132433e0,
    0e0, 1.963521111025797e-5, 5.012541823544286e-3, 3.586088729324603e-2, 1.034945467480911e-1,
    2.058709519162495e-1, 3.378633887277335e-1, 4.946278415664754e-1, 6.722065435074053e-1, 8.674664524983303e-1,
    1.07792824065232e0, 1.301610945257557e0, 1.536911819044667e0, 1.78251728986477e0, 2.037337478699671e0,
    2.30045778586367e0, 2.571102721521847e0, 2.848608550748916e0, 3.132402342253232e0, 3.421985722741478e0,
    3.716922131467116e0
]
{%- endmacro %}
{% macro stats_exact_poisson_high() -%}
[
    2.99573227355399e0, 3.90736395162559e0, 4.743864518390577e0, 5.535248846758176e0, 6.295793621871988e0,
    7.033570224670084e0, 7.753656527932725e0, 8.459488802310224e0, 9.153519026637573e0, 9.837568786341246e0,
    1.051303490874153e1, 1.118101624741347e1, 1.184239565242029e1, 1.249789506986431e1, 1.314811380243212e1,
    1.379355581913767e1, 1.443464971519631e1, 1.507176360282308e1, 1.570521642211546e1, 1.633528667045866e1,
    1.69622192357219e1,
    3.688879454113935e0, 4.674201802248074e0, 5.571643390938898e0, 6.416250997015013e0, 7.22468766772396e0,
    8.006382137314663e0, 8.767273069742323e0, 9.511383899320816e0, 1.024158867540369e1, 1.09600246305106e1,
    1.166833207932267e1, 1.236780244246577e1, 1.305947402251869e1, 1.374419643172149e1, 1.442267536170238e1,
    1.509550456081991e1, 1.576318922019331e1, 1.642616343086485e1, 1.708480345141917e1, 1.773943795286363e1,
    1.839035604201778e1,
    5.298317366548036e0, 6.419078233299324e0, 7.430129500280121e0, 8.37480117181952e0, 9.273792089255544e0,
    1.013886993748131e1, 1.097747749532977e1, 1.179467539062869e1, 1.259408978598558e1, 1.337842445823482e1,
    1.414975941102301e1, 1.490973561182661e1, 1.565967481129764e1, 1.640066032289592e1, 1.713359326891334e1,
    1.78592328295023e1, 1.857822572830337e1, 1.929112827746712e1, 1.999842315646933e1, 2.07005323857088e1,
    2.139782749965427e1
]
{%- endmacro %}
