-- one row per weight basis: by how much the errors of interpolated people exceed the yardstick, for everybody, groups and shares
with
units as (
    select * from {{ ref('int_population__interpolation_errors') }}
),

bases (weight_basis, default_factor) as (
    select
        'address',
        {{ rule('interpolation_default_factor_address') }}
    union all
    select
        'area',
        {{ rule('interpolation_default_factor_area') }}
),

-- Tracts are the independent units. The quantile is taken at its upper confidence limit, for few tracts know it badly.
tracts as (
    select
        factor_name,
        weight_basis,
        count(distinct tract_geoid) as tracts_count,
        {{ rule('interpolation_coverage') }} / 100 as coverage
    from units
    group by all
),

ranked as (
    select
        units.factor_name,
        units.weight_basis,
        units.error,
        tracts.tracts_count,
        row_number() over basis as error_rank,
        count(*) over (partition by units.factor_name, units.weight_basis) as units_count,
        least(
            tracts.coverage
            + {{ rule('interpolation_calibration_z') }} * sqrt(tracts.coverage * (1 - tracts.coverage) / tracts.tracts_count),
            1
        ) as quantile_level
    from units
    inner join tracts on units.factor_name = tracts.factor_name and units.weight_basis = tracts.weight_basis
    window basis as (partition by units.factor_name, units.weight_basis order by units.error)
),

quantiles as (
    select
        factor_name,
        weight_basis,
        any_value(tracts_count) as tracts_count,
        -- fewer tracts leave the default
        min(error) filter (
            where error_rank >= ceil(quantile_level * units_count - 1e-9)
            and tracts_count >= {{ rule('interpolation_calibration_tracts') }}
        ) as factor
    from ranked
    group by all
),

final as (
    select
        bases.weight_basis,
        coalesce(max(quantiles.tracts_count), 0) as tracts_count,
        coalesce(max(quantiles.factor) filter (where quantiles.factor_name = 'everybody'), max(bases.default_factor)) as everybody_factor,
        coalesce(max(quantiles.factor) filter (where quantiles.factor_name = 'group'), max(bases.default_factor)) as group_factor,
        coalesce(max(quantiles.factor) filter (where quantiles.factor_name = 'share'), max(bases.default_factor)) as share_factor
    from bases
    left join quantiles on bases.weight_basis = quantiles.weight_basis
    group by bases.weight_basis
)

select * from final
