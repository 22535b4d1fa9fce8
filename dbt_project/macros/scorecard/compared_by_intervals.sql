{#
    The difference of two figures with its 95 % interval, from their own intervals: the method of variance estimates recovery (Zou and
    Donner 2008, Statistics in Medicine 27:1693, for independent figures). A place is part of its city, so that the two figures rise and
    fall together and the interval is too wide rather than too narrow. A figure without an interval counts as exact.
#}
{% macro difference_bound(bound, figure, other) -%}
    {%- set own, opposite, sign = ('ci_low', 'ci_high', '-') if bound == 'low' else ('ci_high', 'ci_low', '+') -%}
    {{ figure }}.value - {{ other }}.value {{ sign }} sqrt(
        pow({{ figure }}.value - coalesce({{ figure }}.{{ own }}, {{ figure }}.value), 2)
        + pow({{ other }}.value - coalesce({{ other }}.{{ opposite }}, {{ other }}.value), 2)
    )
{%- endmacro %}


{#
    A difference in words. With an interval: higher or lower when it excludes 0, about_the_same when it is within the rule
    about_the_same_pct of the other figure, else cannot_tell. Without one a full count differs by more than about_the_same_counted_pct,
    and an estimate cannot_tell.
    low, high: the interval of the difference · other: the figure compared with · has_interval, is_estimate: SQL conditions
#}
{% macro difference_word(difference, low, high, other, has_interval, is_estimate) -%}
    case
        when {{ difference }} is null then null
        when not {{ has_interval }} and {{ is_estimate }} then 'cannot_tell'
        when not {{ has_interval }} and abs({{ difference }}) <= {{ rule('about_the_same_counted_pct') }} / 100 * abs({{ other }}) then 'about_the_same'
        when not {{ has_interval }} then case when {{ difference }} > 0 then 'higher' else 'lower' end
        when {{ low }} > 0 then 'higher'
        when {{ high }} < 0 then 'lower'
        when
            {{ low }} >= - {{ rule('about_the_same_pct') }} / 100 * abs({{ other }})
            and {{ high }} <= {{ rule('about_the_same_pct') }} / 100 * abs({{ other }})
            then 'about_the_same'
        else 'cannot_tell'
    end
{%- endmacro %}


{# The ratio to the reference group in words, by the same rules. #}
{% macro ratio_word(is_estimate) -%}
    case
        when rate_ratio is null then 'cannot_tell'
        when rate_ratio_ci_low > 1 then 'higher'
        when rate_ratio_ci_high < 1 then 'lower'
        when rate_ratio_ci_low >= 1 - {{ rule('about_the_same_pct') }} / 100 and rate_ratio_ci_high <= 1 / (1 - {{ rule('about_the_same_pct') }} / 100)
            then 'about_the_same'
        when rate_ratio_ci_low is not null or {{ is_estimate }} then 'cannot_tell'
        when abs(rate_ratio - 1) <= {{ rule('about_the_same_counted_pct') }} / 100 then 'about_the_same'
        when rate_ratio > 1 then 'higher'
        else 'lower'
    end
{%- endmacro %}
