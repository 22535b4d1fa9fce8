-- one row per row of a measure that goes out, with what may be said of the group that it is compared with
with
united as (
    select
        *,
        case when period_type in ('month', 'quarter') then 'year' else period_type end as reference_period_type,
        case when period_type in ('month', 'quarter') then date_trunc('year', period_start) else period_start end as reference_start
    from {{ ref('int_published__united') }}
),

joined as (
    select
        united.*,
        coalesce(reference.publication_status, 'not out') as reference_status,
        -- the best group is chosen in the whole city and for the year
        coalesce(chosen.publication_status, 'not out') as chosen_status
    from united
    left join united as reference
        on {{ same_slice('united', 'reference') }} and united.reference_code = reference.race_ethnicity_code
    left join united as chosen
        on
            united.reference_rule = 'best'
            and united.is_confidential
            and united.measure_id = chosen.measure_id
            and united.measure_version = chosen.measure_version
            and united.reference_period_type = chosen.period_type
            and united.reference_start = chosen.period_start
            and united.jurisdiction = chosen.geoid
            and chosen.geography_type in ('city', 'county', 'state')
            and united.race_standard = chosen.race_standard
            and united.reference_code = chosen.race_ethnicity_code
            and united.tabulation = chosen.tabulation
            and united.method = chosen.method
            and united.stratum_type = chosen.stratum_type
            and united.stratum_code = chosen.stratum_code
),

judged as (
    select
        *,
        reference_code = 'rest' as is_against_rest,
        coalesce(reference_code <> 'rest' and reference_status in ('suppressed', 'not out'), false) as is_reference_hidden,
        -- who was chosen is itself a word about the counts of the year
        coalesce(reference_rule, '') <> 'best'
        or not is_confidential
        or chosen_status not in ('suppressed', 'not out')
        or (chosen_status = 'not out' and reference_status not in ('suppressed', 'not out')) as is_reference_told,
        -- whether there is a ratio tells on which side of 70 % the known share is: too much where few are counted
        is_group
        and not shows_unknown
        and (coalesce(is_against_rest, false) or coalesce(known_denominator, known_numerator, 0) < 4 * threshold)
            as is_comparison_telling
    from joined
),

final as (
    select
        * exclude (reference_period_type, reference_start, reference_status, chosen_status, is_against_rest),
        publication_status <> 'suppressed' as is_counted,
        publication_status = 'published' as is_valued,
        publication_status in ('published', 'bounded') as is_bounded,
        publication_status <> 'suppressed' and is_reference_told as is_code_told,
        publication_status = 'published'
        and is_reference_told
        and not is_reference_hidden
        and not is_comparison_telling
        and coalesce(reference_code = 'rest' or reference_status = 'published', false) as is_compared,
        -- a quotient of two bounds that are both out, which tells nothing beside them
        publication_status in ('published', 'bounded')
        and shows_unknown
        and is_reference_told
        and coalesce(
            -- everyone else is no row; of persons it is counts that may be hidden
            (is_against_rest and not is_confidential) or reference_status in ('published', 'bounded'), false
        ) as is_ratio_bounded
    from judged
)

select * from final
