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
    from {{ ref('fct_court_cases') }}
    where finding_code in ('guilty', 'not_guilty', 'dismissed')
),

months as (
    select
        source,
        jurisdiction,
        cast(date_trunc('month', occurred_on) as date) as occurred_on,
        {{ piece_columns() }},
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

with_place as (
    {{ by_place(
        'periods', 'court_guilty_share',
        {'numerator': 'sum(guilty_count)', 'denominator': 'sum(cases_count)'}, records='cases_count'
    ) }}
),

final as (
    select
        'court_guilty_share' as measure_id,
        1 as measure_version,
        *
    from with_place
)

select * from final
