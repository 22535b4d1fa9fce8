-- one row per source, with how ready it is to serve measures by race
with
known as (
    select
        receipts.*,
        sources.is_stand_in,
        known.known_race_pct,
        known.geocoded_pct,
        coalesce(known.has_unmapped_labels, false) as has_unmapped_labels,
        coalesce(known.is_published_by_race, false) as is_published_by_race,
        maps.source is not null as is_reference
    from {{ source('receipts', 'source_status') }} as receipts
    left join {{ ref('dim_source') }} as sources on receipts.source = sources.source
    left join {{ ref('int_sources__known_shares') }} as known on receipts.source = known.source
    left join {{ ref('reference_sources') }} as maps on receipts.source = maps.source
),

-- the smallest periods that are due: a missing month is not counted again with its quarter and year
reach as (
    select
        source,
        max(covered_until) filter (where covered_days > 0) as covered_until,
        count(*) filter (where is_missing and is_finest) as periods_missing
    from {{ ref('int_sources__coverage') }}
    group by source
),

-- a source that brings nothing has no other fault worth naming
faults as (
    select
        source,
        unnest(case
            when verdict in ('not_delivered', 'landed_only', 'removed') then [verdict]
            when coalesce(rows_staged, 0) = 0 then ['no_rows']
            else list_filter([
                case when verdict in ('stale', 'held_back', 'agreement_ended') then verdict end,
                case when is_stand_in then 'other_jurisdiction' end,
                case
                    when is_reference then 'reference_data'
                    when is_published_by_race then 'published_by_race'
                    when known_race_pct < {{ rule('known_race_for_ratio') }} then 'known_race_below_70'
                    when known_race_pct < {{ rule('known_race_for_reliable') }} then 'known_race_below_90'
                    when known_race_pct is null and geocoded_pct >= {{ rule('min_geocoded') }} then 'race_by_place_only'
                    when known_race_pct is null then 'race_not_collected'
                end,
                case when has_unmapped_labels then 'unmapped_labels' end,
                case when rows_rejected > 0 then 'rejected_rows' end
            ], lambda fault: fault is not null)
        end) as fault
    from known
),

-- the worst grade is the last by the alphabet
grades as (
    select
        faults.source,
        max(rules.grade) as readiness_grade,
        string_agg(faults.fault, ', ' order by rules.grade desc, faults.fault asc) as readiness_reasons
    from faults
    inner join {{ ref('readiness_rules') }} as rules on faults.fault = rules.reason
    group by faults.source
),

final as (
    select
        known.source,
        known.run_id,
        known.load_id,
        known.verdict,
        known.reason,
        known.data_as_of,
        known.rows_delivered,
        known.rows_staged,
        known.rows_rejected,
        known.rows_blank,
        known.rows_duplicate,
        known.rows_superseded,
        known.rows_withdrawn,
        known.known_race_pct,
        known.geocoded_pct,
        known.department,
        known.platform,
        known.cadence,
        known.race_vocabulary,
        coalesce(grades.readiness_grade, 'A') as readiness_grade,
        grades.readiness_reasons,
        reach.covered_until,
        reach.periods_missing
    from known
    left join reach on known.source = reach.source
    left join grades on known.source = grades.source
)

select * from final
