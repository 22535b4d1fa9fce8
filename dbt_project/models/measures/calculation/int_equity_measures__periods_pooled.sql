-- one row per measure, period, place or part, race and stratum: years and parts of years as filled, and the years pooled as planned
{%- set grain = [
    'measure_id', 'measure_version', 'source', 'jurisdiction', 'geography_type', 'geography_vintage', 'geoid', 'piece_tract_geoid',
    'race_standard', 'race_ethnicity_code', 'tabulation', 'method', 'stratum_type', 'stratum_code'
] %}
{%- set series = ['measure_id', 'measure_version', 'source', 'jurisdiction', 'geography_type', 'geography_vintage', 'method'] %}
with
filled as (
    select * from {{ ref('int_equity_measures__with_period_coverage') }}
),

years as (
    select
        filled.*,
        {{ pooled_window('filled') }}
    from filled
    {{ joined_pooled_periods('filled') }}
),

-- windows in which the measure has every year by one definition and on one map, each of them covered
complete as (
    select
        {%- for column in series %}
        years.{{ column }},
        {%- endfor %}
        years.pooled_type,
        years.window_start
    from years
    left join {{ ref('int_periods__coverage') }} as covered
        on years.source = covered.source and years.period_type = covered.period_type and years.period_start = covered.period_start
    left join {{ ref('geography_vintages') }} as vintages
        on
            years.geography_type = vintages.geography_type
            and years.geography_vintage = vintages.geography_vintage
            and years.geography_type in ({{ type_names(dated_place_types()) }})
    where
        coalesce(covered.is_complete, true)
        and coalesce(vintages.valid_from <= years.window_start, true)
        and coalesce(vintages.valid_to >= years.window_end, true)
    group by all
    having count(distinct years.period_start) = max(years.pooled_years)
),

-- A year without a row of records is a year without a record. A year without a delivered row of an aggregate is not known.
summed as (
    select
        {%- for column in grain %}
        years.{{ column }},
        {%- endfor %}
        years.pooled_type as period_type,
        years.window_start as period_start,
        years.window_end as period_end,
        years.pooled_years,
        {{ sum_in_order('years.numerator') }} as numerator,
        {{ sum_in_order('years.denominator') }} as denominator,
        {{ sum_in_order('years.records_count') }} as records_count,
        case when count(years.full_denominator) > 0 then {{ sum_in_order('coalesce(years.full_denominator, years.denominator)') }} end
            as full_denominator,
        {{ sum_in_order('years.understated_denominator') }} as understated_denominator,
        min(years.geocoded_pct) as geocoded_pct,
        min(years.period_coverage_pct) as period_coverage_pct,
        bool_or(years.bridged) as bridged,
        coalesce(
            max(years.population_fit) filter (where years.population_fit = 'estimated_poor'),
            max(years.population_fit) filter (where years.population_fit = 'estimated_fair'),
            max(years.population_fit)
        ) as population_fit,
        -- what is shown of cells adds up; another partly published figure does not
        bool_or(
            (
                years.value_status in ('suppressed_at_source', 'bounded')
                and (years.full_denominator is null or years.place_coverage_pct <> 0)
            )
            or (years.method = 'aggregate' and years.place_coverage_pct is not null and years.full_denominator is null)
        )
        or bool_and(years.value_status = 'suppressed_at_source') as is_hidden,
        min(years.value_status) filter (where years.value_status not in ('computed', 'suppressed_at_source')) as other_status,
        min(years.status_reason) filter (where years.value_status not in ('computed', 'suppressed_at_source')) as other_reason
    from years
    inner join complete
        on
            years.pooled_type = complete.pooled_type
            {%- for column in series %}
            and years.{{ column }} = complete.{{ column }}
            {%- endfor %}
            and years.window_start = complete.window_start
    group by all
    having years.method <> 'aggregate' or count(distinct years.period_start) = years.pooled_years
),

pooled as (
    select
        * exclude (is_hidden, other_status, other_reason, numerator, denominator),
        case when is_hidden then 'suppressed_at_source' else coalesce(other_status, 'computed') end as value_status,
        case when is_hidden then 'suppressed_at_source' else other_reason end as status_reason,
        case when is_hidden or other_status is not null then null else numerator end as numerator,
        case when is_hidden or other_status is not null then null else denominator end as denominator,
        100 * coalesce(denominator, 0) / nullif(full_denominator, 0) as place_coverage_pct
    from summed
),

final as (
    select
        *,
        1 as pooled_years
    from filled
    union all by name
    select * from pooled
)

select * from final
