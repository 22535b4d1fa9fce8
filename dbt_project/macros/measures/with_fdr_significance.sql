{#
    The rows of a relation with whether each difference is significant when all of its family are tested together at the rule fdr_level
    (Benjamini and Hochberg 1995, JRSS B 57:289). NULL where the difference has no interval.

    A family is one measure, period and kind of place: the word of the city must not change when schools are added.
    deviation: how far the figure is from no difference, in standard errors over √2; the two-sided p value is its erfc · name: of the column
    · family: columns
#}
{% macro with_significance(relation, deviation, name, family='measure_id, measure_version, period_type, period_start, geography_type') -%}
    {%- set family = 'partition by ' ~ family -%}
    with
    leveled as (
        select
            *,
            {{ rule('fdr_level') }} / 100 as level,
            {{ deviation }} as deviation
        from {{ relation }}
    ),

    -- most rows have no ratio, and ranking them takes longer than all else here
    tested as (
        select
            *,
            1 / (1 + deviation / 2) as tail,
            {{ complementary_error('deviation', 'tail') }} as p_value
        from leveled
        where deviation is not null
    ),

    ranked as (
        select
            *,
            count(p_value) over ({{ family }}) as tested_count,
            count(p_value) over ({{ family }} order by p_value range between unbounded preceding and current row) as smaller_count
        from tested
    ),

    rejected as (
        select
            *,
            -- the largest p value that is at most its rank's part of the level; below every p value where none is
            coalesce(max(case when p_value <= level * smaller_count / tested_count then p_value end) over ({{ family }}), -1)
                as largest_rejected
        from ranked
    )

    select
        * exclude (level, deviation, tail, p_value, tested_count, smaller_count, largest_rejected),
        p_value <= largest_rejected as {{ name }}
    from rejected
    union all
    select
        * exclude (level, deviation),
        null::boolean as {{ name }}
    from leveled
    where deviation is null
{%- endmacro %}


{#
    With is_significant_fdr: whether a ratio differs from 1. The test is that of the published interval: the standard error of the log
    ratio is its width over 2z.
#}
{% macro with_fdr_significance(relation) -%}
    {{ with_significance(
        relation,
        "case when rate_ratio_ci_low > 0 then abs(ln(rate_ratio)) * 2 * " ~ rule('z_95')
        ~ " / nullif(ln(rate_ratio_ci_high / rate_ratio_ci_low), 0) / sqrt(2) end",
        'is_significant_fdr'
    ) }}
{%- endmacro %}
