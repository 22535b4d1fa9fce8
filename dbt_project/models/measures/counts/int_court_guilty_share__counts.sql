-- one row per period, place and violation: cases found guilty, of those with a finding
with
cases as (
    select
        source,
        jurisdiction,
        occurred_on,
        {{ piece_columns() }},
        finding_code = 'guilty' as is_guilty,
        unnest(['all', 'violation']) as stratum_type,
        unnest(['all', {{ stratum_code_of('violation_reported') }}]) as stratum_code
    from {{ counted_events('fct_court_cases') }}
    where finding_code in ('guilty', 'not_guilty', 'dismissed')
),

months as (
    select
        {{ month_and_place() }},
        {{ without_race() }},
        stratum_type,
        stratum_code,
        count(*) as cases_count,
        count(*) filter (where is_guilty) as guilty_count
    from cases
    where stratum_code is not null and occurred_on is not null
    group by all
),

periods as (
    {{ by_period('months') }}
),

final as (
    {{ counts_by_place(
        'periods', 'court_guilty_share',
        {'numerator': 'sum(guilty_count)', 'denominator': 'sum(cases_count)'}, records='cases_count'
    ) }}
)

select * from final
