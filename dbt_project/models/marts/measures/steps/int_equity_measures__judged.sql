-- one row per measure, period, place, race and stratum, with what is known of the whole and how far the row can be relied on
with
completed as (
    select * from {{ ref('int_equity_measures__completed') }}
),

measured as (
    select
        completed.*,
        case measures.kind when 'composition' then completed.numerator else completed.denominator end as records,
        measures.kind,
        measures.unit,
        measures.favourable_direction,
        measures.reference_rule,
        measures.reference_code as fixed_reference_code,
        measures.minimum_n,
        races.kind as race_kind,
        -- a category or a combination: a combined legacy label does not tell which group
        races.kind in ('category', 'combination') as is_known_race,
        completed.value_status = 'suppressed_at_source' and races.kind <> 'total' as is_hidden_race
    from completed
    inner join {{ ref('dim_measure') }} as measures
        on completed.measure_id = measures.measure_id and completed.measure_version = measures.measure_version
    inner join {{ ref('dim_race_ethnicity') }} as races on completed.race_ethnicity_code = races.race_ethnicity_code
),

-- The records that a row speaks of: a proportion's are its denominator, a composition's are its numerator.
whole as (
    select
        *,
        max(numerator) filter (where race_kind = 'total') over slice as whole_numerator,
        max(denominator) filter (where race_kind = 'total') over slice as whole_records,
        sum(numerator) filter (where is_known_race) over slice as known_numerator,
        sum(records) filter (where is_known_race) over slice as known_records,
        bool_or(is_hidden_race) over slice as hides_a_race
    from measured
    window slice as (partition by {{ slice() }})
),

shares as (
    select
        *,
        case when whole_records > 0 and not hides_a_race then 100 * known_records / whole_records end as known_race_pct,
        -- the unknown, seen from this row: a combined legacy label is unknown to the categories and known to itself
        whole_records - known_records - case when race_kind = 'combined_legacy' then records else 0 end as unknown_records,
        whole_numerator - known_numerator - case when race_kind = 'combined_legacy' then numerator else 0 end as unknown_numerator,
        coalesce(numerator between 0 and denominator and denominator > 0, false) as is_computable
    from whole
),

final as (
    select
        * replace (
            case when value_status = 'computed' and not is_computable then 'no_denominator' else value_status end as value_status,
            case when value_status = 'computed' and not is_computable then 'no_denominator' else status_reason end as status_reason,
            case when value_status = 'computed' then numerator end as numerator,
            case when value_status = 'computed' then denominator end as denominator,
            value_status = 'computed' and is_computable as is_computable
        ),
        -- 20 events and a coefficient of variation of 30 %; of a proportion it is √((1 − p) / x)
        case
            when value_status <> 'computed' or not is_computable then null
            when numerator < minimum_n or sqrt((1 - numerator / denominator) / numerator) > 0.3 then 'unreliable'
            when race_kind in ('category', 'combination', 'combined_legacy') and known_race_pct < 90 then 'use_with_caution'
            else 'reliable'
        end as reliability
    from shares
)

select * from final
