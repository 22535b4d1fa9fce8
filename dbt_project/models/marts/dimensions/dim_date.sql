-- one row per day from 1990 to the end of the year after the as-of time
with
clock as (
    select * from {{ ref('stg_receipts__clock') }}
),

days as (
    select cast(day_at as date) as date_on
    from clock
    cross join generate_series(
        timestamp '1990-01-01', date_trunc('year', clock.as_of) + interval 2 years - interval 1 day, interval 1 day
    ) as series (day_at)
),

final as (
    select
        date_on,
        year(date_on) as calendar_year,
        quarter(date_on) as calendar_quarter,
        month(date_on) as calendar_month,
        cast(date_trunc('year', date_on) as date) as year_start_on,
        cast(date_trunc('quarter', date_on) as date) as quarter_start_on,
        cast(date_trunc('month', date_on) as date) as month_start_on,
        isodow(date_on) as iso_day_of_week,
        isodow(date_on) >= 6 as is_weekend,
        -- a school year runs from 1 July (Wis. Stat. 115.001 (13))
        cast(date_trunc('year', date_on - interval 6 months) + interval 6 months as date) as school_year_start_on
    from days
)

select * from final
