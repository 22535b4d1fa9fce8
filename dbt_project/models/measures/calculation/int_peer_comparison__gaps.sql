-- one row per published estimate of the city and group, and per city to compare: the gap to the reference group as difference and as
-- ratio, with its intervals
with
cities as (
    select geoid from {{ ref('dim_peer_city') }}
    union all
    select city_geoid as geoid from {{ ref('stg_receipts__settings') }}
),

-- groups that the city itself compares: not everybody, groups that overlap with the reference, or figures that agencies report otherwise
own as (
    select
        shown.measure_id,
        shown.measure_version,
        shown.period_type,
        shown.period_start,
        shown.period_end,
        shown.race_ethnicity_code,
        shown.reference_code,
        published.source,
        published.published_measure
    from {{ ref('int_equity_measures__compared') }} as shown
    inner join {{ ref('published_measures') }} as published
        on shown.measure_id = published.measure_id and published.part = 'value'
    where
        shown.geography_type = 'city'
        and shown.stratum_type = 'all'
        and shown.value is not null
        and shown.rate_ratio is not null
        and shown.race_ethnicity_code <> 'all'
),

estimates as (
    select
        estimates.*,
        case
            when estimates.bound_low = estimates.bound_high then null
            when estimates.bound_kind = 'margin_90' then {{ rule('z_95') }} / {{ rule('z_90') }}
            when estimates.bound_kind = 'confidence_95' then 1
        end as widening
    from {{ ref('fct_published_estimates') }} as estimates
    inner join cities on estimates.geoid = cities.geoid
    where
        estimates.geography_type = 'city'
        and estimates.stratum_type = 'all'
        and estimates.value is not null
        and not estimates.is_reporting_change
),

-- NULL where the publisher gives no interval, or one without width
figures as (
    select
        *,
        widening * (value - bound_low) as width_below,
        widening * (bound_high - value) as width_above,
        case when value > 0 then ln(value) end as log_value
    from estimates
),

with_log_widths as (
    select
        *,
        case when value > width_below then log_value - ln(value - width_below) end as log_width_below,
        case when value > 0 then ln(value + width_above) - log_value end as log_width_above,
        -- as of the ratio of the city in its own figures: half the width of the interval
        (log_width_below + log_width_above) / 2 as log_width
    from figures
),

-- Both groups of a city are independent samples. The interval of the difference keeps the asymmetry of theirs: the method of variance
-- estimates recovery (Zou and Donner 2008, Statistics in Medicine 27:1693).
gaps as (
    select
        own.measure_id,
        own.measure_version,
        own.period_type,
        own.period_start,
        own.race_ethnicity_code,
        own.reference_code,
        members.geoid,
        members.value,
        members.value - reference.value as gap,
        sqrt(pow(members.width_below, 2) + pow(reference.width_above, 2)) as width_below,
        sqrt(pow(members.width_above, 2) + pow(reference.width_below, 2)) as width_above,
        members.log_value - reference.log_value as log_ratio,
        sqrt(pow(members.log_width_below, 2) + pow(reference.log_width_above, 2)) as log_width_below,
        sqrt(pow(members.log_width_above, 2) + pow(reference.log_width_below, 2)) as log_width_above,
        sqrt(pow(members.log_width, 2) + pow(reference.log_width, 2)) as log_width
    from own
    inner join with_log_widths as members
        on {{ same_columns('own', 'members', ['source', 'published_measure', 'period_end', 'race_ethnicity_code']) }}
    inner join with_log_widths as reference
        on
            own.source = reference.source
            and own.published_measure = reference.published_measure
            and own.period_end = reference.period_end
            and members.geoid = reference.geoid
            and own.reference_code = reference.race_ethnicity_code
)

select * from gaps
