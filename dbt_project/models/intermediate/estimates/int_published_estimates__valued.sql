-- one row per figure that another publisher computed, in its unit, with the reason why it is no value of its place
with
figures as (
    select * from {{ ref('stg_urban__estimates') }}
    union all by name
    select * from {{ ref('stg_chr__county_health') }}
    union all by name
    select * from {{ ref('stg_census__acs_county') }}
),

-- A label that a release renames has two delivered records for one figure, of which the withdrawn one has no value.
current_figures as (
    select *
    from figures
    qualify row_number() over (
        partition by source, published_measure, geography_type, geoid, period_end, race_ethnicity_code, stratum_type, stratum_code
        order by case when value is null then 1 else 0 end asc, _source_file desc, _source_row asc
    ) = 1
),

described as (
    select
        current_figures.*,
        measures.statistic,
        measures.unit,
        measures.factor,
        measures.bound_kind,
        measures.zero_means,
        -- both rows of a figure: that of all residents of the place, and how many places share it
        max(current_figures.value) filter (where current_figures.race_ethnicity_code = 'all' and current_figures.stratum_type = 'all')
            over of_place as value_of_all,
        -- of a composition: its groups, which are parts of the row of all
        case
            when measures.part = 'composition'
                then
                    sum(current_figures.value)
                    filter (where current_figures.race_ethnicity_code <> 'all' and current_figures.stratum_type = 'all')
                        over of_place
        end as value_of_groups,
        count(current_figures.value) filter (where current_figures.stratum_type = 'all') over of_place as figures_of_whole,
        count(current_figures.value) over of_group as places_with_value,
        100 * count(*) filter (where current_figures.value = 0) over of_group / nullif(places_with_value, 0) as zero_pct,
        count(*) over (
            partition by
                current_figures.source, current_figures.published_measure, current_figures.geography_type, current_figures.period_end,
                current_figures.race_ethnicity_code, current_figures.stratum_type, current_figures.stratum_code, current_figures.value,
                current_figures.bound_low, current_figures.bound_high
        ) as places_alike
    from current_figures
    inner join {{ ref('published_measures') }} as measures
        on current_figures.source = measures.source and current_figures.published_measure = measures.published_measure
    window
        of_place as (
            partition by current_figures.source, current_figures.published_measure, current_figures.geoid, current_figures.period_end
        ),
        of_group as (
            partition by
                current_figures.source, current_figures.published_measure, current_figures.geography_type, current_figures.period_end,
                current_figures.race_ethnicity_code, current_figures.stratum_type, current_figures.stratum_code
        )
),

owned as (
    select
        *,
        case
            when value is null then coalesce(value_missing_reason, 'suppressed_at_source')
            -- groups that sum to more than their whole, rounding aside: which of the figures is wrong is unknown
            when value_of_groups > value_of_all + {{ rule('published_rounding') }} * figures_of_whole then 'publisher_contradiction'
            -- a city without an arrest did not report (URB-04)
            when zero_means = 'not_reported' and value = 0 and (publisher_quality = '3' or value_of_all = 0) then 'not_collected'
            -- a zero that so many places report of a group is not distinguished from no report (URB-04)
            when
                zero_means = 'not_reported' and value = 0
                and places_with_value >= {{ rule('reporting_change_places') }} and zero_pct > {{ rule('not_reported_zero_pct') }}
                then 'zero_unsure'
            -- 0 from 0 to 0 is no estimate (URB-05)
            when zero_means = 'no_estimate' and value = 0 and bound_low = 0 and bound_high = 0 then 'not_collected'
            -- pooled over the places that share it
            when bound_kind = 'confidence_95' and bound_low < bound_high and places_alike >= {{ rule('repeated_value_places') }}
                then 'not_collected'
        end as missing_reason
    from described
),

final as (
    select
        *,
        _record_hash || '-' || published_measure as published_estimate_key,
        factor * value as reported_value,
        case when missing_reason is null then factor * value end as own_value,
        case when missing_reason is null and bound_kind <> 'none' then coalesce(factor * bound_low, value - margin) end as own_low,
        case when missing_reason is null and bound_kind <> 'none' then coalesce(factor * bound_high, value + margin) end as own_high
    from owned
)

select * from final
