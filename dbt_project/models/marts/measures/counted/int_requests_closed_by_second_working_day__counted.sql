-- one row per period and place: requests closed by the end of the second working day after they were made, of those followed that long
with
-- The second day from Monday to Friday after the request: 3 to 5 calendar days from the beginning of its day. Holidays count as
-- working days. A contract that promises less than the longest of these would leave only the weekdays whose horizon is short.
requests as (
    select
        requests.*,
        date_trunc('day', requests.service_request_at)
        + to_days(case isodow(requests.service_request_at) when 4 then 5 when 5 then 5 when 6 then 4 else 3 end) as due_at,
        coalesce(contracts.follow_up_until = 'days_after_start' and contracts.follow_up_days < 5, false) as is_follow_up_short
    from {{ ref('fct_service_requests') }} as requests
    left join {{ ref('stg_receipts__contracts') }} as contracts on requests.source = contracts.source
),

months as (
    select
        source,
        jurisdiction,
        cast(date_trunc('month', occurred_on) as date) as occurred_on,
        {{ piece_columns() }},
        {{ without_race() }},
        {{ without_stratum() }},
        count(*) as requests_count,
        count(*) filter (where followed_until_at >= due_at and not is_follow_up_short) as followed_count,
        count(*) filter (where followed_until_at >= due_at and not is_follow_up_short and closed_at < due_at) as closed_count
    from requests
    group by all
),

periods as (
    {{ by_period('months') }}
),

placed as (
    {{ by_place(
        'periods', 'requests_closed_by_second_working_day',
        {'numerator': 'sum(closed_count)', 'denominator': 'sum(followed_count)'}, records='requests_count'
    ) }}
),

final as (
    select
        'requests_closed_by_second_working_day' as measure_id,
        1 as measure_version,
        *,
        case when denominator = 0 then 'not_observable' else 'computed' end as value_status,
        case when denominator = 0 then 'follow_up' end as status_reason
    from placed
)

select * from final
