-- one row per group of languages and place: who speaks one of them at home, and who of these speaks English less than very well
with
lines as (
    select * from {{ ref('stg_census__acs_language') }}
),

-- of each group, and of all but English together
grouped as (
    select * replace (unnest([language_group_code, 'all']) as language_group_code)
    from lines
    where language_group_code not in ('population', 'only_english') and english_ability <> 'very_well'
    union all by name
    select lines.* replace ('population' as english_ability, kinds.language_group_code as language_group_code)
    from lines
    cross join {{ ref('language_groups') }} as kinds
    where lines.language_group_code = 'population'
),

-- tracts move to every map by the bridge; on their own they stay as they are
parts as (
    select
        grouped.source,
        grouped.jurisdiction,
        grouped.period_start,
        grouped.period_end,
        grouped.language_group_code,
        grouped.english_ability,
        bridge.to_type as geography_type,
        bridge.to_vintage as geography_vintage,
        bridge.to_geoid as geoid,
        bridge.weight * grouped.people as people,
        bridge.weight * grouped.moe as moe
    from grouped
    inner join {{ ref('bridge_geography') }} as bridge
        on
            bridge.from_type = 'tract'
            and bridge.from_vintage = '2020'
            and bridge.to_type <> 'tract'
            and grouped.tract_geoid = bridge.from_geoid
    union all by name
    select
        * exclude (tract_geoid, _load_id),
        'tract' as geography_type,
        '2020' as geography_vintage,
        tract_geoid as geoid
    from grouped
),

summed as (
    select
        * exclude (people, moe),
        {{ sum_in_order('people') }} as people,
        {{ margin_of_sum('people', 'moe') }} as moe
    from parts
    group by all
),

need as (
    select
        source,
        jurisdiction,
        period_start,
        period_end,
        language_group_code,
        geography_type,
        geography_vintage,
        geoid,
        max(people) filter (where english_ability = 'any') as speakers,
        max(moe) filter (where english_ability = 'any') as speakers_moe,
        max(people) filter (where english_ability = 'less_than_very_well') as lep_people,
        max(moe) filter (where english_ability = 'less_than_very_well') as lep_people_moe,
        max(people) filter (where english_ability = 'population') as population,
        max(moe) filter (where english_ability = 'population') as population_moe
    from summed
    group by all
),

shares as (
    select
        *,
        100 * lep_people / nullif(population, 0) as lep_pct,
        case
            when population > 0 then 100 * {{ stats('moe_proportion') }}(lep_people, lep_people_moe, population, population_moe)
        end as lep_pct_moe
    from need
),

planning as (
    {{ planning_parameters() }}
),

final as (
    select
        shares.*,
        planning.planning_share_pct,
        planning.planning_people,
        -- at one of the two is at the parameter; `uncertain`: the margin of error (90 %) reaches across
        case
            when shares.lep_people - shares.lep_people_moe >= planning.planning_people then 'above'
            when shares.lep_pct - shares.lep_pct_moe >= planning.planning_share_pct then 'above'
            when
                shares.lep_people + shares.lep_people_moe < planning.planning_people
                and shares.lep_pct + shares.lep_pct_moe < planning.planning_share_pct
                then 'below'
            else 'uncertain'
        end as planning_status
    from shares
    cross join planning
)

select * from final
