-- one row per row of fct_equity_measures that the publication plan publishes and whose period is closed
with
known as (
    select
        measures.* exclude ({{ (label_columns() + area_figure_columns()) | join(', ') }}),
        cast(steps.records as double) as records,
        {%- for column in ['bin_records', 'bin_races', 'limit_bin_records', 'limit_bin_races'] %}
        steps.{{ column }},
        {%- endfor %}
        steps.has_few_events,
        coalesce(
            races.kind in ('category', 'combination')
            and measures.tabulation = 'exclusive'
            and measures.method in ('individual', 'aggregate'),
            false
        ) as is_known_race,
        coalesce(
            races.kind = 'combined_legacy'
            and measures.tabulation = 'exclusive'
            and coalesce(greatest(measures.numerator, measures.denominator), 1) > 0,
            false
        ) as is_counted_label
    from {{ ref('fct_equity_measures') }} as measures
    left join {{ ref('dim_race_ethnicity') }} as races on measures.race_ethnicity_code = races.race_ethnicity_code
    -- how many records a median rests on, and whether a figure rests on few events, are no columns of the marts
    left join {{ ref('int_equity_measures__compared') }} as steps
        on {{ same_slice('measures', 'steps') }} and measures.race_ethnicity_code = steps.race_ethnicity_code
),

-- what the rows of a slice add up to where race is known, also those that stay inside
summed as (
    select
        *,
        {{ sum_in_order('numerator', among='is_known_race', over='every_race') }} as sum_of_numerators,
        {{ sum_in_order('denominator', among='is_known_race', over='every_race') }} as sum_of_denominators,
        {{ sum_in_order('records', among='is_known_race', over='every_race') }} as sum_of_records,
        -- which bounds are published depends on the labels that the slice had when it was reported
        list_sort(list(distinct race_ethnicity_code) filter (where is_counted_label) over every_race) as counted_labels
    from known
    window every_race as (partition by {{ slice_columns() | reject('equalto', 'tabulation') | join(', ') }})
),

guarded as (
    select
        summed.*,
        protected.is_confidential,
        protected.threshold,
        protected.hides_zeros,
        protected.kind,
        protected.minimum_n,
        protected.numerator_records,
        protected.denominator_records,
        protected.rests_on_records,
        case when protected.kind <> 'median' then summed.sum_of_numerators end as known_numerator,
        case protected.kind
            when 'median' then null
            when 'composition' then summed.sum_of_numerators
            else summed.sum_of_denominators
        end as known_denominator,
        case when protected.kind = 'median' then summed.sum_of_records end as known_records
    from summed
    inner join {{ ref('int_disclosure__thresholds') }} as protected
        on summed.measure_id = protected.measure_id and summed.measure_version = protected.measure_version
    where protected.may_be_published
),

planned as (
    select guarded.*
    from guarded
    cross join {{ ref('stg_receipts__clock') }} as clock
    inner join {{ ref('publication_plan') }} as plan_rows
        on {{ matches_plan_row('guarded', 'plan_rows') }}
    inner join {{ ref('publication_race_levels') }} as levels
        on
            plan_rows.race_level = levels.race_level
            and guarded.race_standard = levels.race_standard
            and guarded.tabulation = levels.tabulation
            and guarded.race_ethnicity_code = levels.race_ethnicity_code
    left join {{ ref('retired_measures') }} as retired on guarded.measure_id = retired.measure_id
    left join {{ ref('int_disclosure__snapshots') }} as snapshots
        on {{ same_columns('guarded', 'snapshots', ['measure_id', 'measure_version', 'jurisdiction', 'period_start']) }}
    where
        (guarded.period_type <> 'snapshot' or snapshots.measure_id is not null)
        and guarded.period_end + plan_rows.lag_days <= cast(clock.as_of as date)
        and coalesce(guarded.period_start <= retired.retired_on, true)
        -- two kinds of place that cross have intersections; only schools nest, and a plan row may name another kind
        and not (
            guarded.is_confidential
            and plan_rows.geography_type = '*'
            and guarded.geography_type not in ('city', 'county', 'state', 'school_district', 'school')
        )
        -- a place-weighted value reveals places that are not published, a rate adjusted for age the ages of those counted
        and not (guarded.is_confidential and (guarded.method = 'place_weighted' or guarded.stratum_type = 'adjustment'))
),

-- an order statistic of persons is shown only where many records share its bin, and nothing computed from one that is not
bounded as (
    {{ with_safe_limits('planned') }}
),

final as (
    select * exclude (is_known_race, is_counted_label, sum_of_numerators, sum_of_denominators, sum_of_records) from bounded
)

select * from final
