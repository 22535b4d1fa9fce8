-- one row per measure and version, with the licence of its source, its place on the scorecard and why it has no figure
{% set of_page = ['geography_type', 'geography_vintage', 'geoid', 'period_type', 'period_start'] -%}
with
own_district as (
    select max(geoid) as geoid
    from {{ ref('dim_geography') }}
    where geography_type = 'school_district' and scorecard_order is not null
),

featured as (
    select distinct
        measure_id,
        {{ of_page | join(', ') }}
    from {{ ref('published_scorecard') }}
    where is_featured
),

-- no figures of the city: schools of other districts in the state's tables, and the whole of a composition, which is 100 %
cards as (
    select
        cards.*,
        -- figures of before the period that opens the page are none of the page
        coalesce(cards.period_end >= featured.period_start, true) as is_of_page,
        cards.publication_status = 'published' and not cards.is_stand_in
        and (cards.race_ethnicity_code <> 'all' or kinds.kind is distinct from 'composition') as is_shown
    from {{ ref('published_scorecard') }} as cards
    inner join {{ ref('dim_measure') }} as kinds on cards.measure_id = kinds.measure_id and kinds.is_current
    cross join own_district
    left join featured on cards.measure_id = featured.measure_id
    where
        cards.geography_type not in ('school', 'school_district')
        or own_district.geoid is null
        or split_part(cards.geoid, '/', 1) = own_district.geoid
),

-- a figure of the own city, of its parts or of its county
shown as (
    select
        measure_id,
        count(*) filter (where is_shown or publication_status = 'bounded' and not is_stand_in) as shown_count,
        bool_or(
            is_shown and is_of_page and race_ethnicity_code <> 'all'
            and basis in ('own_race', 'observed_race', 'reported_race', 'place_of_death')
        ) as has_figures_by_race,
        bool_or(is_shown and basis = 'where_people_live') as has_figures_by_place,
        max(population_scheme) filter (where is_featured) as population_scheme,
        -- a group that the records do not offer is no reason why the others have no figure
        coalesce(
            mode(status_code order by status_code) filter (where not regexp_matches(status_code, '^(shown|zero|range_only|not_recorded)')),
            case when bool_or(status_code in ('not_recorded', 'zero_unsure')) then 'not_recorded' end
        ) as usual_status
    from cards
    group by measure_id
),

topics as (
    select distinct measure_id
    from {{ ref('equity_measures') }}
    where stratum_type not in ('all', 'adjustment') and publication_status = 'published'
),

-- files of other publishers with figures of other places alone, whether or not they name a place of the city
elsewhere as (
    select estimates.source
    from {{ ref('fct_published_estimates') }} as estimates
    left join {{ ref('dim_geography') }} as places
        on {{ same_columns('estimates', 'places', ['geography_type', 'geoid']) }} and places.scorecard_order is not null
    group by estimates.source
    having count(places.geoid) filter (estimates.value is not null) = 0
),

plans as (
    select
        measure_id,
        bool_and(race_level = 'none') as is_withheld
    from {{ ref('publication_plan') }}
    group by measure_id
),

joined as (
    select
        measures.* replace (coalesce(shown.population_scheme, measures.population_scheme) as population_scheme),
        sources.licence_id,
        case when sources.data_as_of is not null then sources.licence_attribution end as licence_attribution, -- of what was delivered
        sources.licence_share_alike,
        sources.licence_commercial,
        caveats.text as public_caveat,
        {%- for name in of_page %}
        featured.{{ name }} as featured_{{ name }},
        {%- endfor %}
        coalesce(choices.shows_trend, false) as shows_trend,
        choices.trend_from,
        choices.trend_note,
        choices.shown_adjustment,
        coalesce(shown.has_figures_by_race, false) as has_figures_by_race,
        coalesce(shown.has_figures_by_place, false) as has_figures_by_place,
        {{ rule('partly_shown_for_ratio') }} as partly_shown_limit,
        {{ measure_availability() }} as availability
    from (select * exclude (population, former_owners) from {{ ref('dim_measure') }}) as measures
    left join {{ ref('dim_source') }} as sources on measures.source = sources.source
    left join shown on measures.measure_id = shown.measure_id
    left join topics on measures.measure_id = topics.measure_id
    left join featured on measures.measure_id = featured.measure_id
    left join plans on measures.measure_id = plans.measure_id
    left join elsewhere on measures.source = elsewhere.source
    left join {{ ref('scorecard_measures') }} as choices on measures.measure_id = choices.measure_id
    left join {{ ref('dim_text') }} as caveats
        on concat('measure_caveat.', measures.measure_id) = caveats.text_id and caveats.language = 'en'
),

final as (
    select
        joined.*,
        reasons.text as availability_text
    from joined
    left join {{ ref('dim_text') }} as reasons on concat('availability.', joined.availability) = reasons.text_id and reasons.language = 'en'
)

select * from final
order by all
