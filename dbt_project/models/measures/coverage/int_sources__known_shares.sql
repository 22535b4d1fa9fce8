-- one row per source with records or figures by race or place: how much of either is known
with
-- people, or records of people, by race
race_counts as (
    {%- for people in facts_with_race() if people.people %}
    select
        source,
        race_ethnicity_code,
        sum({{ people.people }}) as people
    from {{ ref(people.fact) }}
    where race_ethnicity_code <> 'all' {{ 'and is_latest_snapshot' if people.is_stock }}
    group by all
    union all
    {%- endfor %}
    select
        source,
        race_ethnicity_code,
        sum(population) as people
    from {{ ref('fct_population') }}
    where race_ethnicity_code <> 'all' and geography_type = 'city' and age_universe <> '18_and_over'
    group by all
),

races as (
    select
        race_counts.source,
        100 * sum(race_counts.people) filter (where {{ says_race('codes') }}) / nullif(sum(race_counts.people), 0)
            as known_race_pct,
        bool_or(race_counts.race_ethnicity_code = 'not_mapped') as has_unmapped_labels
    from race_counts
    inner join {{ ref('dim_race_ethnicity') }} as codes on race_counts.race_ethnicity_code = codes.race_ethnicity_code
    group by race_counts.source
),

-- only facts whose records carry a place, or are counts of one
place_counts as (
    {%- for placed in facts_with_place() %}
    select
        source,
        geocode_quality,
        count(*) as records
    from {{ ref(placed.fact) }}
    {{ 'where is_latest_snapshot' if placed.is_stock }}
    group by all
    union all
    {%- endfor %}
    {%- for fact in facts_of_places() %}
    select
        source,
        geocode_quality,
        count(*) as records
    from {{ ref(fact) }}
    group by all
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

places as (
    select
        source,
        100 * coalesce(sum(records) filter (where geocode_quality <> 'none'), 0) / sum(records) as geocoded_pct
    from place_counts
    group by source
),

-- figures of other publishers by people's own race
published as (
    select distinct source
    from {{ ref('fct_published_estimates') }}
    where race_ethnicity_code <> 'all' and value is not null
),

final as (
    select
        coalesce(races.source, places.source, published.source) as source,
        races.known_race_pct,
        places.geocoded_pct,
        coalesce(races.has_unmapped_labels, false) as has_unmapped_labels,
        published.source is not null as is_published_by_race
    from races
    full outer join places on races.source = places.source
    full outer join published on coalesce(races.source, places.source) = published.source
)

select * from final
