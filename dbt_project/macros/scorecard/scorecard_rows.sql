{# Columns by which two rows of the scorecard are of the same figure in another place or period. #}
{% macro scorecard_series() -%}
    {{ return(['measure_id', 'period_type', 'race_ethnicity_code', 'method', 'tabulation', 'race_standard']) }}
{%- endmacro %}


{#
    Of a relation of figures the rate that the page of its measure shows: the crude one, which is in the stratum all, or the one adjusted for
    age, which is in a stratum of its own (scorecard_measures).
#}
{% macro joined_shown_rate(figures) -%}
    inner join (
        select distinct
            measures.measure_id,
            if(choices.shown_adjustment is null, 'all', 'adjustment') as stratum_type,
            coalesce(choices.shown_adjustment, 'all') as stratum_code
        from {{ ref('dim_measure') }} as measures
        left join {{ ref('scorecard_measures') }} as choices on measures.measure_id = choices.measure_id
    ) as shown_rates on {{ same_columns(figures, 'shown_rates', ['measure_id', 'stratum_type', 'stratum_code']) }}
{%- endmacro %}


{#
    The scorecard: of a relation with is_shown_first, one row per measure, period, place and group, with comparisons and words.
    Every word is a function of what the row, its city's row and its earlier rows show, so that a hidden row has none.
#}
{% macro scorecard_rows(figures) -%}
{%- set of_map = ['geography_type', 'geography_vintage', 'geoid'] -%}
{%- set of_place = scorecard_series() + ['season', 'series_from'] + of_map -%}
with
-- measures of a source that writes 0 for cells of few people, and for which of their periods
hidden_zeros as (
    select
        measures.measure_id,
        limits.valid_from,
        limits.valid_to
    from {{ ref('dim_measure') }} as measures
    inner join {{ ref('hidden_cell_limits') }} as limits on measures.source = limits.source
    where measures.is_current and limits.gap_reason = 'zero_of_few'
),

-- by the source and the figure alone: which zeros cover hidden cells is not public
zeros as (
    select
        figures.*,
        coalesce(figures.publication_status = 'published' and figures.value = 0, false)
        -- once, however many cells of the source have such zeros
        and exists (
            select 1
            from hidden_zeros
            where figures.measure_id = hidden_zeros.measure_id and figures.period_start between hidden_zeros.valid_from and hidden_zeros.valid_to
        ) as is_zero_unsure
    from {{ figures }} as figures
),

-- a range that allows for chance only is none for events that repeat per person or cluster by place
ranged as (
    select
        figures.* replace (
            case
                when not figures.is_zero_unsure and (repeated.measure_id is null or {{ is_clustered('figures') }}) then figures.ci_low
            end as ci_low,
            case
                when not figures.is_zero_unsure and (repeated.measure_id is null or {{ is_clustered('figures') }}) then figures.ci_high
            end as ci_high
        ),
        repeated.measure_id is not null and not {{ is_clustered('figures') }} as has_chance_only
    from zeros as figures
    left join {{ ref('comparison_limits') }} as repeated
        on figures.measure_id = repeated.measure_id and repeated.reason = 'repeated_events' and repeated.race_ethnicity_code = 'any'
),

shown as (
    select
        figures.*,
        -- a month or quarter is like that of another year
        case when figures.period_type in ('month', 'quarter') then month(figures.period_start) else 0 end as season,
        figures.publication_status = 'published' and figures.value is not null and not figures.is_zero_unsure as has_value,
        figures.ci_low is not null as has_interval
    from ({{ with_series_from('ranged') }}) as figures
    {{ joined_shown_rate('figures') }}
    where figures.is_shown_first
),

measures as (
    select
        measures.*,
        sources.collection_mode,
        coalesce(sources.is_stand_in, false) as is_stand_in,
        coalesce(sources.is_protected, true) as is_of_persons,
        coalesce(measures.interval_basis = 'none' and not measures.is_estimate, false) as is_full_count,
        -- of the measure, or else of its unit
        coalesce(own_margins.value, unit_margins.value) as margin_in_unit,
        choices.featured_period_type,
        choices.basis as chosen_basis,
        coalesce(choices.shows_trend, false) as shows_trend,
        coalesce(choices.trend_from, date '0001-01-01') as trend_from
    from {{ ref('dim_measure') }} as measures
    left join {{ ref('dim_source') }} as sources on measures.source = sources.source
    left join {{ ref('scorecard_measures') }} as choices on measures.measure_id = choices.measure_id
    -- a city that replaces the rules may have margins of an earlier kind: a share of the other figure is none
    {%- for alias, of in [('own_margins', 'measure_id'), ('unit_margins', 'unit')] %}
    left join {{ ref('measure_rules') }} as {{ alias }}
        on {{ alias }}.rule = concat('about_the_same_', measures.{{ of }}) and {{ alias }}.unit <> 'percent of the other figure'
    {%- endfor %}
    where measures.is_current
),

places as (
    {{ labelled_places() }}
),

featured as (
    select
        shown.measure_id,
        shown.geography_type,
        shown.geoid,
        shown.period_type,
        shown.period_start
    from shown
    inner join measures on shown.measure_id = measures.measure_id
    inner join places on {{ same_columns('shown', 'places', of_map) }}
    where
        -- a place of which only ranges are known opens the page too, where no period has a figure
        (shown.has_value or shown.publication_status = 'bounded') and not measures.is_stand_in and places.scorecard_order is not null
        -- the whole of a composition is 100 % in every period
        and (measures.kind is distinct from 'composition' or shown.race_ethnicity_code <> 'all')
    qualify row_number() over (
        partition by shown.measure_id
        order by
            places.scorecard_order,
            shown.period_type = measures.featured_period_type desc,
            list_position({{ ['year', 'school_year', 'snapshot', '5_year', '3_year', 'multi_year', 'quarter', 'month'] }}, shown.period_type),
            shown.has_value desc,
            shown.period_start desc
    ) = 1
),

-- the newest period of a kind of place in which it has a figure
latest as (
    select
        measure_id,
        period_type,
        geography_type,
        coalesce(
            max(period_start) filter (where has_value),
            max(period_start) filter (where publication_status = 'bounded'),
            max(period_start)
        ) as period_start
    from shown
    group by all
),

-- the cases of all groups, of the crude rate
everyone as (
    select
        ranged.*,
        coalesce(ranged.numerator, ranged.value * ranged.denominator / {{ unit_factor('ranged.unit') }}) as events
    from ranged
    where
        ranged.race_ethnicity_code = 'all' and ranged.stratum_type = 'all' and ranged.publication_status = 'published'
        and ranged.is_shown_first
),

with_race as (
    select distinct measure_id
    from shown
    where race_ethnicity_code <> 'all' and method <> 'place_weighted'
),

city as (
    select shown.*
    from shown
    inner join places on {{ same_columns('shown', 'places', of_map) }}
    where shown.geography_type = 'city' and places.scorecard_order = 1
),

-- what a publisher wrote about the quality of its figure, and how many there may be
qualities as (
    select * from {{ ref('int_published_estimates__counts') }}
    where (publisher_quality is not null or numerator_low is not null) and stratum_type = 'all'
),

-- figures that a later one of the same place may be compared with
comparable as (
    select shown.*
    from shown
    inner join measures on shown.measure_id = measures.measure_id
    anti join {{ ref('trend_exclusions') }} as excluded
        on shown.measure_id = excluded.measure_id and shown.period_start = excluded.period_start
    where shown.has_value and measures.shows_trend and shown.period_start >= measures.trend_from
),

firsts as (
    select
        {{ of_place | join(', ') }},
        min(period_start) as first_start
    from comparable
    group by all
),

first_rows as (
    select comparable.*
    from comparable
    inner join firsts on {{ same_columns('comparable', 'firsts', of_place) }} and comparable.period_start = firsts.first_start
),

joined as (
    select
        shown.*,
        measures.name as measure,
        places.place,
        measures.policy_area,
        measures.question,
        measures.favourable_direction,
        measures.kind,
        measures.statistical_unit,
        measures.minimum_n,
        measures.is_stand_in,
        measures.is_estimate,
        measures.interval_basis,
        measures.is_full_count,
        measures.margin_in_unit,
        limits.reason as limit_reason,
        excluded.reason as trend_exclusion,
        case when shown.has_value then qualities.publisher_quality end as publisher_quality,
        case when shown.has_value and shown.numerator is not null then qualities.numerator_low end as numerator_low,
        case when shown.has_value and shown.numerator is not null then qualities.numerator_high end as numerator_high,
        case
            when shown.method = 'place_weighted' then 'where_people_live'
            when with_race.measure_id is null then 'no_race'
            when measures.chosen_basis is not null then measures.chosen_basis
            when measures.collection_mode = 'observer' then 'observed_race'
            when measures.collection_mode = 'compiled' then 'reported_race'
            else 'own_race'
        end as basis,
        -- of source and period; a figure of another publisher covers the period that it is of
        {%- for name, column in [
            ('covered_from', 'coalesce(covered.covered_from, shown.period_start)'),
            ('covered_until', 'coalesce(covered.covered_until, shown.period_end)'),
            ('is_period_complete', 'coalesce(covered.is_complete, true)'),
        ] %}
        case when shown.publication_status <> 'suppressed' then {{ column }} end as {{ name }},
        {%- endfor %}
        shown.period_start = latest.period_start as is_latest,
        featured.measure_id is not null as is_featured,
        case when city.has_value then city.value end as city_value,
        case when city.has_value then shown.value - city.value end as city_difference,
        {{ difference_bound('low', 'shown', 'city') }} as city_difference_low,
        {{ difference_bound('high', 'shown', 'city') }} as city_difference_high,
        {{ range_of_difference('shown', 'city') }} as city_range,
        {{ reason_not_compared_with('city') }} as city_reason,
        -- the whole of a composition is 100 % everywhere and always
        {%- set is_whole = "(measures.kind = 'composition' and shown.race_ethnicity_code = 'all')" %}
        {%- for alias in ['previous', 'first'] %}
        {%- set is_before = 'shown.has_value and excluded.reason is null and not ' ~ is_whole ~ ' and ' ~ alias ~ '.period_end < shown.period_start' %}
        case when {{ is_before }} then {{ alias }}.period_start end as {{ alias }}_period_start,
        case when {{ is_before }} then {{ alias }}.value end as {{ alias }}_value,
        case when {{ is_before }} then shown.value - {{ alias }}.value end as {{ alias }}_change,
        {%- for bound in ['low', 'high'] %}
        case when {{ is_before }} then {{ difference_bound(bound, 'shown', alias) }} end as {{ alias }}_change_{{ bound }},
        {%- endfor %}
        case when {{ is_before }} then {{ range_of_difference('shown', alias) }} end as {{ alias }}_range,
        {%- endfor %}
    from shown
    inner join measures on shown.measure_id = measures.measure_id
    inner join latest on {{ same_columns('shown', 'latest', ['measure_id', 'period_type', 'geography_type']) }}
    left join {{ ref('int_periods__coverage') }} as covered
        on
            measures.source = covered.source and shown.period_type = covered.period_type and shown.period_start = covered.period_start
            -- a figure of persons stays as reported when its oldest records are past their keeping: the period was whole
            and (
                covered.is_complete or not measures.is_of_persons or shown.publication_status = 'incomplete_inside'
                or coalesce(shown.value, shown.numerator, shown.bound_low) is null
            )
    left join with_race on shown.measure_id = with_race.measure_id
    left join places on {{ same_columns('shown', 'places', of_map) }}
    left join featured on {{ same_columns('shown', 'featured', ['measure_id', 'geography_type', 'geoid', 'period_type', 'period_start']) }}
    left join city
        on
            {{ same_columns('shown', 'city', scorecard_series() + ['period_start']) }}
            and case
                when
                    shown.has_value and measures.kind not in ('count', 'sum') and not {{ is_whole }}
                    and shown.geography_type in ({{ type_names(place_types() | selectattr('equivalent_to')) }})
                    and shown.geoid <> 'outside'
                    then 'city'
            end = city.geography_type
    left join first_rows as first on {{ same_columns('shown', 'first', of_place) }}
    asof left join comparable as previous on {{ same_columns('shown', 'previous', of_place) }} and shown.period_start > previous.period_end
    left join {{ ref('trend_exclusions') }} as excluded
        on shown.measure_id = excluded.measure_id and shown.period_start = excluded.period_start
    left join {{ ref('comparison_limits') }} as limits
        on shown.measure_id = limits.measure_id and limits.race_ethnicity_code in ('any', shown.race_ethnicity_code)
    left join qualities
        on
            {{ same_columns('shown', 'qualities', ['measure_id', 'measure_version', 'period_type', 'period_start', 'race_ethnicity_code',
                'geography_type', 'geoid', 'tabulation', 'race_standard']) }}
),

-- places are compared with their city many at a time
tested as (
    {{ with_significance('joined', city_deviation(), 'is_city_significant') }}
)
{%- endmacro %}


{# How far a place is from its city: the distance to the end of the interval that is nearer to no difference is z standard errors. #}
{% macro city_deviation() -%}
    case
                when city_range = 'ranged' and city_reason is null
                    then coalesce(
                        abs(city_difference) * {{ rule('z_95') }} / sqrt(2)
                        / nullif(
                            case
                                when city_difference > 0 then city_difference - city_difference_low
                                else city_difference_high - city_difference
                            end,
                            0
                        ),
                        0
                    )
            end
{%- endmacro %}
