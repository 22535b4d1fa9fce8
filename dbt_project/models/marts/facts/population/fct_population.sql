-- one row per population scheme, place, race and age universe
with
tabulated as (
    select
        *,
        false as is_moved,
        'exact' as fit_quality,
        'counted' as population_fit,
        cast(null as double) as ci_low,
        cast(null as double) as ci_high,
        cast(null as double) as interpolation_cv,
        cast(null as varchar) as ci_method
    from {{ ref('int_population__tabulated') }}
),

-- on a map that the census does not count by, people of tracts are moved
interpolated as (
    select
        * exclude (population_error, share_error, children_share_error),
        true as is_moved,
        'areal_interpolation' as ci_method
    from {{ ref('int_population__interpolated') }}
),

united as (
    select * from tabulated
    union all by name
    select * from interpolated
),

final as (
    select
        population_scheme,
        geography_type,
        geography_vintage,
        geoid,
        race_standard,
        race_ethnicity_code,
        age_universe,
        population,
        moe,
        source,
        is_moved,
        {{ ordered_fit('fit_quality') }} as fit_quality,
        population_fit,
        ci_low,
        ci_high,
        ci_method,
        interpolation_cv
    from united
)

select * from final
