{#
    The Kaplan-Meier median of durations that may be cut off by the end of follow-up, with the interval of Brookmeyer and Crowley:
    the times at which the limits of the survival curve (Greenwood's variance on the scale of log(-log S)) cross one half. NULL where
    the curve does not come down to one half: the median is beyond the follow-up. An upper limit that is not reached leaves no
    interval.

    relation: a CTE with one row per group and duration, its `events_count` and `censored_count`, in the columns of by_place
#}
{% macro kaplan_meier_median(relation, duration) -%}
    {%- set group = "source, jurisdiction, period_type, period_start, period_end, geography_type, geography_vintage, geoid, "
        ~ "piece_tract_geoid, race_standard, race_ethnicity_code, tabulation, method, stratum_type, stratum_code" -%}
    select
        {{ group }},
        max(geocoded_pct) as geocoded_pct,
        sum(events_count + censored_count) as records_count,
        cast(min(duration) filter (survival <= 0.5 + 1e-12) as double) as value,
        case when min(duration) filter (survival_high <= 0.5) is not null
            then cast(min(duration) filter (survival_low <= 0.5) as double) end as ci_low,
        cast(min(duration) filter (survival_high <= 0.5) as double) as ci_high
    from (
        select
            *,
            -- limits of S on the scale of log(-log S); certain before the first event, and when no record is at risk
            case
                when survival >= 1 then 1.0
                when survival <= 0 then 0.0
                else pow(survival, exp({{ rule('z_95') }} * sqrt(variance_sum) / abs(ln(survival))))
            end as survival_low,
            case
                when survival >= 1 then 1.0
                when survival <= 0 then 0.0
                else pow(survival, exp(-{{ rule('z_95') }} * sqrt(variance_sum) / abs(ln(survival))))
            end as survival_high
        from (
            select
                *,
                product(1.0 - events_count / at_risk_count) over so_far as survival,
                coalesce(
                    sum(events_count / (at_risk_count * nullif(at_risk_count - events_count, 0))) over so_far, 0
                ) as variance_sum
            from (
                select
                    *,
                    {{ duration }} as duration,
                    cast(sum(events_count + censored_count) over (
                        partition by {{ group }} order by {{ duration }} rows between current row and unbounded following
                    ) as double) as at_risk_count
                from {{ relation }}
            )
            window so_far as (
                partition by {{ group }} order by duration rows between unbounded preceding and current row
            )
        )
    )
    group by {{ group }}
{%- endmacro %}


{#
    The days within which half of the records of a measure have their event, by place and period. The status is not observable where the
    curve does not come down to one half.

    relation: a CTE for by_place with the column observed_days · events, censored: SQL of the records with the event, and still without it
    · of_persons: the days are of persons' cases, and on the measure's grid (on_grid)
#}
{% macro median_days(relation, measure_id, events, censored, records, of_persons=false) -%}
    {%- set durations = by_place(
        relation, measure_id, {'events_count': events, 'censored_count': censored}, records=records, also=['observed_days']
    ) -%}
    select
        '{{ measure_id }}' as measure_id,
        1 as measure_version,
        *,
        case when value is null then 'not_observable' else 'computed' end as value_status,
        case when value is null then 'follow_up' end as status_reason
    from (
        {%- if of_persons %}
        {{ on_grid(
            '(' ~ kaplan_meier_median('(' ~ durations ~ ')', 'observed_days') ~ ')', '(' ~ durations ~ ')', measure_id,
            'records.observed_days', [
                'source', 'jurisdiction', 'period_type', 'period_start', 'geography_type', 'geography_vintage', 'geoid',
                'piece_tract_geoid', 'race_standard', 'method', 'stratum_type', 'stratum_code',
            ], number='records.events_count'
        ) }}
        {%- else %}
        {{ kaplan_meier_median('(' ~ durations ~ ')', 'observed_days') }}
        {%- endif %}
    )
{%- endmacro %}
