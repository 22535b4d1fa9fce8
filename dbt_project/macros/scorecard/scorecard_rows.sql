{# Columns by which two rows of the scorecard are of the same figure in another place or period. #}
{% macro scorecard_series() -%}
    {{ return(['measure_id', 'period_type', 'race_ethnicity_code', 'method', 'tabulation', 'race_standard']) }}
{%- endmacro %}


{#
    The scorecard: of a relation with is_shown_first, one row per measure, period, place and group, with comparisons and words.
    Every word is a function of what the row, its city's row and its earlier rows show, so that a hidden row has none.
#}
{% macro scorecard_rows(figures) -%}
{%- set of_map = ['geography_type', 'geography_vintage', 'geoid'] -%}
{%- set of_place = scorecard_series() + ['season'] + of_map -%}
with
shown as (
    select
        figures.*,
        -- a month or quarter is like that of another year
        case when figures.period_type in ('month', 'quarter') then month(figures.period_start) else 0 end as season,
        figures.publication_status = 'published' and figures.value is not null as has_value,
        figures.ci_low is not null as has_interval
    from {{ figures }} as figures
    where figures.is_shown_first and figures.stratum_type = 'all'
),

measures as (
    select
        measures.*,
        sources.collection_mode,
        coalesce(sources.is_stand_in, false) as is_stand_in,
        choices.featured_period_type,
        coalesce(choices.shows_trend, false) as shows_trend,
        coalesce(choices.trend_from, date '0001-01-01') as trend_from
    from {{ ref('dim_measure') }} as measures
    left join {{ ref('dim_source') }} as sources on measures.source = sources.source
    left join {{ ref('scorecard_measures') }} as choices on measures.measure_id = choices.measure_id
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
    where shown.has_value and not measures.is_stand_in and places.scorecard_order is not null
    qualify row_number() over (
        partition by shown.measure_id
        order by
            places.scorecard_order,
            shown.period_type = measures.featured_period_type desc,
            list_position({{ ['year', 'school_year', 'snapshot', '5_year', '3_year', 'multi_year', 'quarter', 'month'] }}, shown.period_type),
            shown.period_start desc
    ) = 1
),

-- the newest period of a kind of place in which it has a figure
latest as (
    select
        measure_id,
        period_type,
        geography_type,
        coalesce(max(period_start) filter (where has_value), max(period_start)) as period_start
    from shown
    group by all
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
    where shown.has_value and shown.geography_type = 'city' and places.scorecard_order = 1
),

-- figures that a later one of the same place may be compared with
comparable as (
    select shown.*
    from shown
    inner join measures on shown.measure_id = measures.measure_id
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
        measures.is_stand_in,
        measures.is_estimate,
        case
            when shown.method = 'place_weighted' then 'where_people_live'
            when with_race.measure_id is null then 'no_race'
            when measures.collection_mode = 'observer' then 'observed_race'
            else 'own_race'
        end as basis,
        shown.period_start = latest.period_start as is_latest,
        featured.measure_id is not null as is_featured,
        city.value as city_value,
        shown.value - city.value as city_difference,
        {{ difference_bound('low', 'shown', 'city') }} as city_difference_low,
        {{ difference_bound('high', 'shown', 'city') }} as city_difference_high,
        shown.has_interval or coalesce(city.has_interval, false) as has_city_interval,
        {%- for alias in ['previous', 'first'] %}
        {%- set is_before = 'shown.has_value and ' ~ alias ~ '.period_end < shown.period_start' %}
        case when {{ is_before }} then {{ alias }}.period_start end as {{ alias }}_period_start,
        case when {{ is_before }} then {{ alias }}.value end as {{ alias }}_value,
        case when {{ is_before }} then shown.value - {{ alias }}.value end as {{ alias }}_change,
        {%- for bound in ['low', 'high'] %}
        case when {{ is_before }} then {{ difference_bound(bound, 'shown', alias) }} end as {{ alias }}_change_{{ bound }},
        {%- endfor %}
        shown.has_interval or coalesce({{ alias }}.has_interval, false) as has_{{ alias }}_interval,
        {%- endfor %}
    from shown
    inner join measures on shown.measure_id = measures.measure_id
    inner join latest on {{ same_columns('shown', 'latest', ['measure_id', 'period_type', 'geography_type']) }}
    left join with_race on shown.measure_id = with_race.measure_id
    left join places on {{ same_columns('shown', 'places', of_map) }}
    left join featured on {{ same_columns('shown', 'featured', ['measure_id', 'geography_type', 'geoid', 'period_type', 'period_start']) }}
    left join city
        on
            {{ same_columns('shown', 'city', scorecard_series() + ['period_start']) }}
            and case
                when
                    shown.has_value and measures.kind not in ('count', 'sum')
                    and shown.geography_type in ({{ type_names(place_types() | selectattr('equivalent_to')) }})
                    and shown.geoid <> 'outside'
                    then 'city'
            end = city.geography_type
    left join first_rows as first on {{ same_columns('shown', 'first', of_place) }}
    asof left join comparable as previous on {{ same_columns('shown', 'previous', of_place) }} and shown.period_start > previous.period_end
)
{%- endmacro %}
