-- one row per period, neighborhood and race: adults at events, by the codes of 1997; the engine adds the residents of 18 and over
with
participants as (
    select
        {{ month_and_place() }},
        race_standard,
        race_ethnicity_code,
        race_ethnicity_code_1997,
        {{ without_stratum() }},
        count(*) as participants_count
    from {{ counted_events('fct_engagement_participation') }}
    -- the population begins at 18; a person without an age is counted
    where age_band_code <> 'under_18'
    group by all
),

bridged as (
    {{ bridge_to_spd15_1997('participants') }}
),

bridged_and_all as (
    {{ and_all_races('bridged') }}
),

periods as (
    {{ by_period('bridged_and_all') }}
),

final as (
    {{ counts_by_place(
        'periods', 'engagement_participation_per_1000', {'numerator': 'cast(sum(participants_count) as double)'},
        records='participants_count', also=['bridged']
    ) }}
)

select * from final
