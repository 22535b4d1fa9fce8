-- one row per project and reporting period
with
reported as (
    select
        *,
        -- the money of a period is dated on its last day
        period_end as occurred_on,
        -- what a place was when the project was first reported is what the money was given to
        min(period_end) over (partition by source, project_id) as first_reported_on
    from {{ ref('stg_doa__arpa_projects') }}
),

placed as (
    {{ place_conformed(
        'reported', on_date='reported.occurred_on', address='address', aldermanic_district='reported.aldermanic_district_reported'
    ) }}
),

lists as (
    select distinct
        city_geoid,
        valid_from,
        valid_to
    from {{ ref('qualified_census_tracts') }}
),

-- within or not is known where the project has a tract and a list of that day is at hand
listed as (
    select
        placed.*,
        case
            when placed.tract_geoid is not null and lists.city_geoid is not null then tracts.tract_geoid is not null
        end as is_in_qualified_census_tract
    from placed
    left join lists
        on placed.jurisdiction = lists.city_geoid and placed.first_reported_on between lists.valid_from and lists.valid_to
    left join {{ ref('qualified_census_tracts') }} as tracts
        on lists.city_geoid = tracts.city_geoid and lists.valid_from = tracts.valid_from and placed.tract_geoid = tracts.tract_geoid
),

named as (
    select
        listed.*,
        {%- for population in ['primary', 'second', 'third'] %}
        {{ population }}_populations.label as {{ population }}_population,
        {{ population }}_populations.impact as {{ population }}_population_impact,
        {%- endfor %}
        categories.category_name,
        categories.category_group
    from listed
    left join {{ ref('arpa_expenditure_categories') }} as categories on listed.category_code = categories.category_code
    {%- for population in ['primary', 'second', 'third'] %}
    left join {{ ref('arpa_populations') }} as {{ population }}_populations
        on listed.{{ population }}_population_code = {{ population }}_populations.population_code
    {%- endfor %}
),

final as (
    select
        {{ event_columns('arpa_project', has_key=true) }},
        occurred_on,
        {{ place_columns() }},
        period_start,
        period_end,
        first_reported_on,
        project_id,
        project_name,
        category_code,
        category_name,
        category_name_reported,
        category_group,
        project_status_code,
        project_status_reported,
        adopted_budget_usd,
        obligated_in_period_usd,
        obligated_usd,
        spent_in_period_usd,
        spent_usd,
        {%- for population in ['primary', 'second', 'third'] %}
        {{ population }}_population_code,
        {{ population }}_population,
        {{ population }}_population_impact,
        {%- endfor %}
        is_in_qualified_census_tract,
        address,
        address_missing_reason,
        address_standard,
        match_stage,
        aldermanic_district_reported,
        planned_completion_on,
        completed_on
    from named
)

select * from final
