-- one row per rate of repeated events without clusters, kind of place, group and stratum: how much more its years differ than by chance
-- Two successive years of a place with one common rate have a Pearson chi-square of one degree of freedom, whose mean over all pairs is the
-- factor of McCullagh and Nelder (1989), Generalized Linear Models, 4.5; successive years leave out what a trend adds.
with
years as (
    select known.* from {{ ref('int_equity_measures__with_known_race') }} as known
    inner join {{ ref('repeated_events') }} as repeated on known.measure_id = repeated.measure_id
    where
        repeated.clusters_are = 'years'
        and known.period_type in ('year', 'school_year')
        and known.kind = 'rate' and known.is_computable and known.denominator > 0 and known.method <> 'place_weighted'
),

paired as (
    select
        {{ 'later.' ~ overdispersion_columns() | join(', later.') }},
        later.period_start,
        (later.numerator + earlier.numerator) / (later.denominator + earlier.denominator) as rate,
        pow(later.numerator - rate * later.denominator, 2) / nullif(rate * later.denominator, 0)
        + pow(earlier.numerator - rate * earlier.denominator, 2) / nullif(rate * earlier.denominator, 0) as chi_square
    from years as later
    inner join years as earlier
        on
            {{ same_columns('later', 'earlier', overdispersion_columns() + ['geoid', 'period_type']) }}
            and earlier.period_end + interval 1 day = later.period_start
),

final as (
    select
        {{ overdispersion_columns() | join(', ') }},
        greatest({{ sum_in_order('chi_square') }} / count(chi_square), 1) as overdispersion
    from paired
    group by all
    having count(distinct period_start) >= {{ rule('least_overdispersion_years') }} - 1
)

select * from final
