-- one row per measure, period, place, race, stratum and cluster: the events of the cluster and what they are divided by
with
schools as (
    select * from {{ ref('int_school_removals__cells') }}
    where students_count is not null and not is_hidden and not is_missing and not is_left_out
),

final as (
    select
        schools.measure_id,
        schools.measure_version,
        schools.period_start,
        schools.period_end,
        schools.place.geography_type,
        schools.place.geoid,
        schools.race_ethnicity_code,
        schools.stratum_type,
        schools.stratum_code,
        schools.school_geoid as cluster_id,
        cast(schools.removals_count as double) as numerator,
        cast(schools.students_count as double) as denominator
    from schools
    inner join {{ ref('repeated_events') }} as repeated on schools.measure_id = repeated.measure_id and repeated.clusters_are = 'school'
)

select * from final
