-- one row per goal of the city; examples, which no council adopted, only in the sample city
with
settings as (
    select * from {{ ref('stg_receipts__settings') }}
),

goals as (
    select * from {{ ref('goals') }}
),

-- by its code or a name that it has or had; a shared name is that of one city's agency, and names none until a layer does (records)
owners as (
    select
        goals.goal_id,
        min(departments.department) as owner_department
    from goals
    inner join {{ ref('dim_department') }} as departments
        on
            lower(trim(goals.owner)) = lower(departments.department)
            or departments.records is null and lower(trim(goals.owner)) in (lower(departments.name), lower(departments.formerly))
    group by goals.goal_id
    having count(*) = 1
),

final as (
    select
        goals.goal_id,
        goals.result,
        goals.accountability,
        goals.title,
        goals.is_example,
        goals.note,
        goals.owner,
        owners.owner_department,
        goals.policy_area,
        goals.legal_basis,
        goals.funding_source,
        goals.measure_id,
        goals.measure_version,
        measures.name as measure_name,
        measures.unit,
        goals.period_type,
        goals.geography_type,
        goals.geography_vintage,
        goals.geoid,
        goals.race_standard,
        goals.tabulation,
        goals.method,
        goals.stratum_type,
        goals.stratum_code,
        goals.target_group,
        goals.comparison_group,
        goals.direction,
        goals.baseline_period_start,
        goals.baseline_value,
        goals.comparison_baseline_value,
        goals.target_value,
        goals.target_on,
        goals.benchmark_value,
        goals.adopted_on,
        goals.council_file
    from goals
    inner join settings on goals.city_geoid = settings.city_geoid
    left join owners on goals.goal_id = owners.goal_id
    left join {{ ref('dim_measure') }} as measures
        on goals.measure_id = measures.measure_id and goals.measure_version = measures.measure_version
    -- state 99 is no state: its places are made up
    where not coalesce(goals.is_example, false) or starts_with(settings.city_geoid, '99')
)

select * from final
