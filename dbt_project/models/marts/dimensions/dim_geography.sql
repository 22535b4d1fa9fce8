-- one row per place that a fact or a measure may carry: type, vintage and code
with
settings as (
    select * from {{ ref('stg_receipts__settings') }}
),

jurisdictions as (
    select jurisdiction as geoid from {{ ref('stg_receipts__agreements') }}
    union
    select city_geoid from settings
),

-- places that no delivery contains: our city, and other cities that contracts name
named as (
    select
        geographies.geography_type,
        geographies.geography_vintage,
        geographies.geoid,
        geographies.name
    from {{ ref('geographies') }} as geographies
    cross join settings
    where
        geographies.city_geoid = settings.city_geoid
        or (geographies.geography_type = 'city' and geographies.geoid in (select jurisdictions.geoid from jurisdictions))
),

-- places that contracts name and the seed does not
unnamed as (
    select
        {{ jurisdiction_type('jurisdictions.geoid') }} as geography_type,
        'current' as geography_vintage,
        jurisdictions.geoid,
        case when jurisdictions.geoid = settings.city_geoid then settings.city_title else jurisdictions.geoid end as name
    from jurisdictions
    cross join settings
),

bounded as (
    select * from {{ ref('int_places__with_outside') }}
),

populated as (
    select distinct
        geography_type,
        geography_vintage,
        geoid,
        {{ place_name('geography_type', 'geoid') }} as name
    from (
        select * from {{ ref('fct_population') }}
        union all by name
        select * from {{ ref('fct_published_estimates') }}
    )
),

schools as (
    {%- for place in ['school_district', 'school'] %}
    select
        '{{ place }}' as geography_type,
        'current' as geography_vintage,
        {{ place }}_geoid as geoid,
        min({{ place }}_reported) as name
    from (
        {%- for fact in ['fct_student_outcomes', 'fct_school_removals', 'fct_school_assessments'] %}
        select * from {{ ref(fact) }} {{ 'union all by name' if not loop.last }}{%- endfor %}
    )
    group by {{ place }}_geoid
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

precincts as (
    select distinct
        'police_precinct' as geography_type,
        'current' as geography_vintage,
        police_precinct_geoid as geoid,
        concat('Police precinct ', police_precinct_reported) as name
    from {{ ref('fct_police_stops') }}
    where police_precinct_geoid is not null
),

members as (
    {%- for relation in ['named', 'unnamed', 'bounded', 'populated', 'schools', 'precincts'] %}
    select
        geography_type,
        geography_vintage,
        geoid,
        name,
        {{ loop.index }} as preference  -- a place that two of them name is called by the first
    from {{ relation }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

openers as (
    {{ scorecard_places() }}
),

final as (
    select
        concat_ws(':', members.geography_type, members.geography_vintage, members.geoid) as geography_key,
        members.geography_type,
        members.geography_vintage,
        members.geoid,
        members.name,
        maps.valid_from,
        maps.valid_to,
        bounded.land_area_sq_m,
        bounded.geometry_wkb,
        bounded.outline_source,
        openers.scorecard_order,
        members.geography_type = '{{ council_place_type() }}' as is_council_district
    from members
    left join {{ ref('geography_vintages') }} as maps on {{ same_columns('members', 'maps', ['geography_type', 'geography_vintage']) }}
    left join bounded on {{ same_columns('members', 'bounded', ['geography_type', 'geography_vintage', 'geoid']) }}
    left join openers on members.geography_type = openers.geography_type and members.geoid = openers.geoid
    qualify
        row_number() over (partition by members.geography_type, members.geography_vintage, members.geoid order by members.preference) = 1
)

select * from final
