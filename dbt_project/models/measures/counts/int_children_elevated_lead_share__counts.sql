-- one row per year, place and race: children whose highest result is elevated, of those with a result, by the definition of the year
with
tests as (
    select
        source,
        jurisdiction,
        case_definition_version as measure_version,
        cast(date_trunc('month', occurred_on) as date) as occurred_on,
        {{ piece_columns() }},
        race_standard,
        race_ethnicity_code,
        {{ without_stratum() }},
        count(*) as children_count,
        count(*) filter (where is_elevated) as elevated_count
    from {{ counted_events('fct_lead_tests') }}
    where is_elevated is not null
    group by all
),

tests_and_all as (
    {{ and_all_races('tests') }}
),

periods as (
    {{ by_period('tests_and_all') }}
),

with_place as (
    {{ by_place(
        'periods', 'children_elevated_lead_share',
        {'numerator': 'cast(sum(elevated_count) as double)', 'denominator': 'cast(sum(children_count) as double)'},
        records='children_count', also=['measure_version'], versioned=true
    ) }}
),

final as (
    select
        'children_elevated_lead_share' as measure_id,
        *
    from with_place
)

select * from final
