-- one row per measure, period, place, race and stratum, with the group that it is compared with
with
judged as (
    select
        *,
        -- the best group is chosen for the year, and serves its months and quarters
        case when period_type in ('month', 'quarter', 'year') then date_trunc('year', period_start) else period_start end as reference_year,
        case when period_type in ('month', 'quarter', 'year') then 'year' else period_type end as reference_period_type
    from {{ ref('int_equity_measures__judged') }}
),

best as (
    select
        measure_id,
        measure_version,
        jurisdiction,
        race_standard,
        tabulation,
        method,
        stratum_type,
        stratum_code,
        reference_period_type,
        reference_year,
        race_ethnicity_code as reference_code
    from judged
    where
        reference_rule = 'best'
        and period_type = reference_period_type
        and geoid = jurisdiction
        and race_kind = 'category'
        and reliability <> 'unreliable'
        and records >= 0.05 * whole_records
    qualify row_number() over (
        partition by
            measure_id, measure_version, jurisdiction, race_standard, tabulation, method, stratum_type, stratum_code,
            reference_period_type, reference_year
        order by
            numerator / denominator * case favourable_direction when 'higher' then -1 else 1 end,
            race_ethnicity_code
    ) = 1
),

chosen as (
    select
        judged.*,
        case judged.reference_rule
            when 'best' then best.reference_code
            when 'fixed' then judged.fixed_reference_code
            when 'overall' then 'all'
            when 'rest' then 'rest'
        end as reference_code
    from judged
    left join best
        on
            judged.measure_id = best.measure_id
            and judged.measure_version = best.measure_version
            and judged.jurisdiction = best.jurisdiction
            and judged.race_standard = best.race_standard
            and judged.tabulation = best.tabulation
            and judged.method = best.method
            and judged.stratum_type = best.stratum_type
            and judged.stratum_code = best.stratum_code
            and judged.reference_period_type = best.reference_period_type
            and judged.reference_year = best.reference_year
),

final as (
    select
        chosen.*,
        case
            when chosen.reference_code = 'rest' then chosen.known_numerator - chosen.numerator
            else reference.numerator
        end as reference_numerator,
        case
            when chosen.reference_code = 'rest' then chosen.known_records - chosen.records
            else reference.denominator
        end as reference_denominator,
        case
            when chosen.reference_code = 'rest' then chosen.known_numerator - chosen.numerator >= chosen.minimum_n
            else reference.reliability <> 'unreliable'
        end as is_reference_usable,
        coalesce(reference.value_status = 'suppressed_at_source', false) as is_reference_hidden
    from chosen
    left join judged as reference
        on {{ same_slice('chosen', 'reference') }} and chosen.reference_code = reference.race_ethnicity_code
)

select * from final
