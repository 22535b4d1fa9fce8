{#
Summary measures of disparity over groups that have no order, such as race. Lists of one element a group: populations and
rates, or two groups' counts by area. With p = population share, mu = sum p y, r = y / mu. Here: between-group variance,
Theil, mean log deviation, index of disparity, population attributable fraction, dissimilarity. Not here: measures that need ranked groups
(ordered_groups.sql), and which groups are left out (the models do that, and list them). Definitions: Harper and Lynch (2005),
Methods for Measuring Cancer Disparities, NCI; WHO (2013), Handbook on Health Inequality Monitoring.
#}

{% macro stats_between_group_variance(database) %}
create or replace macro {{ database }}.stats.between_group_variance(populations, rates) as
    list_transform([{'populations': populations::double[], 'rates': rates::double[]}], lambda s: case
        {{ stats_check_lists('between_group_variance', ['populations', 'rates']) }}
        when list_sum(s['populations']) = 0 then null
        else list_transform([list_dot_product(s['populations'], s['rates']) / list_sum(s['populations'])], lambda mu:
            list_dot_product(s['populations'], list_transform(s['rates'], lambda y: pow(y - mu, 2))) / list_sum(s['populations'])
        )[1]
    end)[1];
comment on macro {{ database }}.stats.between_group_variance is
    'Between-group variance: sum of p (y - mu)^2, in squared units of the rate';
{% endmacro %}

{# Natural units. The WHO package healthequal prints it times 1000 but its standard error not, so that its interval is 1000
   times too narrow. Never below 0 in theory; the clamp takes rounding away where all groups have one rate. #}
{% macro stats_theil_index(database) %}
create or replace macro {{ database }}.stats.theil_index(populations, rates) as
    list_transform([{'populations': populations::double[], 'rates': rates::double[]}], lambda s: case
        {{ stats_check_lists('theil_index', ['populations', 'rates']) }}
        when list_dot_product(s['populations'], s['rates']) = 0 then null
        else list_transform([list_dot_product(s['populations'], s['rates']) / list_sum(s['populations'])], lambda mu:
            greatest(0, list_dot_product(
                s['populations'], list_transform(s['rates'], lambda y: case when y = 0 then 0 else y / mu * ln(y / mu) end)
            )) / list_sum(s['populations'])
        )[1]
    end)[1];
comment on macro {{ database }}.stats.theil_index is
    'Theil index: sum of p r ln r with r = y / mu; a rate of 0 adds 0';
{% endmacro %}

{% macro stats_mean_log_deviation(database) %}
create or replace macro {{ database }}.stats.mean_log_deviation(populations, rates) as
    list_transform([{'populations': populations::double[], 'rates': rates::double[]}], lambda s: case
        {{ stats_check_lists('mean_log_deviation', ['populations', 'rates']) }}
        when list_sum(s['populations']) = 0 or list_min(s['rates']) = 0 then null
        else list_transform([list_dot_product(s['populations'], s['rates']) / list_sum(s['populations'])], lambda mu:
            greatest(0, list_dot_product(s['populations'], list_transform(s['rates'], lambda y: ln(mu / y))))
            / list_sum(s['populations'])
        )[1]
    end)[1];
comment on macro {{ database }}.stats.mean_log_deviation is
    'Mean log deviation: minus the sum of p ln r with r = y / mu; NULL when a rate is 0';
{% endmacro %}

{# Around the population mean, divided by the number of groups. Keppel, Pearcy and Klein (2004) take the best group and
   J - 1: another number. #}
{% macro stats_index_of_disparity(database) %}
create or replace macro {{ database }}.stats.index_of_disparity(populations, rates, weighted) as
    list_transform([{
        'populations': populations::double[], 'rates': rates::double[], 'weighted': weighted::boolean
    }], lambda s: case
        when s['weighted'] is null then null
        {{ stats_check_lists('index_of_disparity', ['populations', 'rates']) }}
        when list_dot_product(s['populations'], s['rates']) = 0 then null
        else list_transform([list_dot_product(s['populations'], s['rates']) / list_sum(s['populations'])], lambda mu:
            list_transform([list_transform(s['rates'], lambda y: abs(y - mu) / mu)], lambda d: 100 * case
                when s['weighted'] then list_dot_product(s['populations'], d) / list_sum(s['populations'])
                else list_sum(d) / len(d)
            end)[1]
        )[1]
    end)[1];
comment on macro {{ database }}.stats.index_of_disparity is
    'Index of disparity in percent: mean of |y - mu| / mu over groups, weighted by population or each group once';
{% endmacro %}

{# WHO's HEAT and healthequal (Schlotheuber and Hosseinpoor 2022, IJERPH 19:3697): by how much the mean would change, in percent of it, if
   every group had the rate of the reference. Below 0 where less is better; HEAT writes 0 where the reference is not the better off. NCI's
   HD*Calc has no such fraction: of its pair difference and ratio it is the mean over groups. #}
{% macro stats_population_attributable_fraction(database) %}
create or replace macro {{ database }}.stats.population_attributable_fraction(populations, rates, reference_rate) as
    list_transform([{
        'populations': populations::double[], 'rates': rates::double[], 'reference_rate': reference_rate::double
    }], lambda s: case
        when s['reference_rate'] is null then null
        {{ stats_check_lists('population_attributable_fraction', ['populations', 'rates']) }}
        when not isfinite(s['reference_rate']) or s['reference_rate'] < 0
            then error('stats.population_attributable_fraction: reference_rate must be a finite number, not below 0')
        when list_dot_product(s['populations'], s['rates']) = 0 then null
        else 100 * (s['reference_rate'] * list_sum(s['populations']) / list_dot_product(s['populations'], s['rates']) - 1)
    end)[1];
comment on macro {{ database }}.stats.population_attributable_fraction is
    'Population attributable fraction in percent: (reference rate - mu) / mu; below 0 where less is better';
{% endmacro %}

{# Duncan and Duncan (1955) American Sociological Review 20:210. Two groups, one element an area; not a group and the total. #}
{% macro stats_dissimilarity(database) %}
create or replace macro {{ database }}.stats.dissimilarity(group_a, group_b) as
    list_transform([{'group_a': group_a::double[], 'group_b': group_b::double[]}], lambda s: case
        {{ stats_check_lists('dissimilarity', ['group_a', 'group_b']) }}
        when list_sum(s['group_a']) = 0 or list_sum(s['group_b']) = 0 then null
        else list_transform([{'a': list_sum(s['group_a']), 'b': list_sum(s['group_b'])}], lambda t:
            least(1, list_sum(list_transform(s['group_a'], lambda a, i: abs(a / t['a'] - s['group_b'][i] / t['b']))) / 2)
        )[1]
    end)[1];
comment on macro {{ database }}.stats.dissimilarity is
    'Dissimilarity of two groups over areas: half the sum of |a/A - b/B|, 0 (spread alike) to 1 (no area in common)';
{% endmacro %}
