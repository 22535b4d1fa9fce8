-- one row per snapshot, race and EEO-4 level: half of the positions pay less than this, half more, on the grid of the measure
{%- set of_group = ['source', 'jurisdiction', 'occurred_on', 'race_standard', 'race_ethnicity_code'] %}
with
positions as (
    select
        {{ of_group | join(', ') }},
        unnest(['all', 'eeo4_level']) as stratum_type,
        unnest(['all', eeo4_level_code]) as stratum_code,
        annual_pay_usd
    from {{ counted_events('fct_employees') }}
    where annual_pay_usd > 0
),

positions_and_all as (
    {{ and_all_races('positions') }}
),

measured as (
    select
        {{ of_group | join(', ') }},
        stratum_type,
        stratum_code,
        cast(median(annual_pay_usd) as double) as value,
        {{ stats('median_ci') }}(list(annual_pay_usd), 0.95) as value_interval,
        count(*) as records_count
    from positions_and_all
    where stratum_code is not null
    group by all
),

limited as (
    select
        * exclude (value_interval),
        value_interval.low as ci_low,
        value_interval.high as ci_high
    from measured
),

rounded as (
    {{ on_grid(
        'limited', 'positions', 'pay_median', 'records.annual_pay_usd',
        ['source', 'jurisdiction', 'occurred_on', 'race_standard', 'stratum_type', 'stratum_code']
    ) }}
),

final as (
    select
        'pay_median' as measure_id,
        1 as measure_version,
        * exclude (occurred_on),
        {{ snapshot_of_jurisdiction() }},
        'individual' as method
    from rounded
)

select * from final
