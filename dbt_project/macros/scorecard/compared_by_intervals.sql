{#
    The difference of two figures with its 95 % interval, from their own intervals: the method of variance estimates recovery (Zou and
    Donner 2008, Statistics in Medicine 27:1693, for independent figures). A place is part of its city, so that the two figures rise and
    fall together and the interval is too wide rather than too narrow. A full count without an interval is exact.
#}
{% macro difference_bound(bound, figure, other) -%}
    {%- set own, opposite, sign = ('ci_low', 'ci_high', '-') if bound == 'low' else ('ci_high', 'ci_low', '+') -%}
    {{ figure }}.value - {{ other }}.value {{ sign }} sqrt(
        pow({{ figure }}.value - coalesce({{ figure }}.{{ own }}, {{ figure }}.value), 2)
        + pow({{ other }}.value - coalesce({{ other }}.{{ opposite }}, {{ other }}.value), 2)
    )
{%- endmacro %}


{#
    What is known of the difference of two figures: ranged (an interval), counted (two full counts, which have no interval by nature), or
    NULL (a figure without a range, or with one from itself to itself). measures: has is_full_count
#}
{% macro range_of_difference(figure, other) -%}
    case
            when {{ figure }}.value is null or {{ other }}.value is null then null
            when {{ figure }}.ci_low = {{ figure }}.ci_high or {{ other }}.ci_low = {{ other }}.ci_high then null
            when {{ figure }}.ci_low is null and {{ other }}.ci_low is null then case when measures.is_full_count then 'counted' end
            when ({{ figure }}.ci_low is null or {{ other }}.ci_low is null) and not measures.is_full_count then null
            else 'ranged'
        end
{%- endmacro %}


{# Whether the interval of a figure allows for events that repeat: over clusters, or by how much the years differ. #}
{% macro is_clustered(figure) -%}
    coalesce(contains({{ figure }}.ci_method, 'cluster') or contains({{ figure }}.ci_method, 'overdispersed'), false)
{%- endmacro %}


{#
    What the range of a figure allows for: sampling (a survey), model (modelled or interpolated figures), clustered (events in
    clusters), chance (records of a process); full_count has no range by nature, and of none no range is known.
#}
{% macro range_kind() -%}
    case
            when is_zero_unsure then 'none'
            when not has_value then null
            when not has_interval then case when is_full_count then 'full_count' else 'none' end
            when contains(ci_method, 'cluster') or contains(ci_method, 'overdispersed') then 'clustered'
            when contains(ci_method, 'areal_interpolation') or interval_basis = 'model' then 'model'
            when is_estimate and tested.kind <> 'median' and interval_basis = 'sampling' then 'sampling'
            else 'chance'
        end
{%- endmacro %}


{#
    A difference in words (docs/rules.md, Words): no_range where none is known; higher or lower when the interval excludes 0, and
    cannot_tell if the test of all comparisons together disagrees; about_the_same when the whole interval is within the margin; else
    cannot_tell. Two full counts differ by more than the margin, or are about the same.
    margin_in_unit, a column: in the unit of the measure, never a share of a figure; NULL where no margin is set
    low, high: the interval of the difference · range: range_of_difference · significant: a column, NULL where comparisons are not tested
    together
#}
{% macro difference_word(difference, low, high, range, significant='null') -%}
    case
        when {{ difference }} is null then null
        when {{ range }} is null then 'no_range'
        when {{ range }} = 'counted'
            then case
                when abs({{ difference }}) <= coalesce(margin_in_unit, 0) then 'about_the_same'
                when {{ difference }} > 0 then 'higher'
                else 'lower'
            end
        when ({{ low }} > 0 or {{ high }} < 0) and not coalesce({{ significant }}, true) then 'cannot_tell'
        when {{ low }} > 0 then 'higher'
        when {{ high }} < 0 then 'lower'
        when {{ low }} >= - margin_in_unit and {{ high }} <= margin_in_unit then 'about_the_same'
        else 'cannot_tell'
    end
{%- endmacro %}


{# The comparison with the reference group in words, by the same rules: the margin is held to the difference. #}
{% macro ratio_word(reason) -%}
    case
        when {{ reason }} is not null then 'not_compared'
        when rate_ratio_ci_low is null and is_full_count and not has_interval
            then case
                when rate_ratio = 1 or abs(rate_difference) <= margin_in_unit then 'about_the_same'
                when rate_ratio > 1 then 'higher'
                else 'lower'
            end
        when rate_ratio_ci_low is null then 'no_range'
        when (rate_ratio_ci_low > 1 or rate_ratio_ci_high < 1) and not coalesce(is_significant_fdr, true) then 'cannot_tell'
        when rate_ratio_ci_low > 1 and not {{ shown_difference_covers_0() }} then 'higher'
        when rate_ratio_ci_high < 1 and not {{ shown_difference_covers_0() }} then 'lower'
        when {{ shown_difference_excludes_0() }} then 'cannot_tell'
        when rate_difference_ci_low >= - margin_in_unit and rate_difference_ci_high <= margin_in_unit then 'about_the_same'
        else 'cannot_tell'
    end
{%- endmacro %}
