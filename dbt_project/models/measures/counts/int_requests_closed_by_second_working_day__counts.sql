-- one row per period and place: requests closed by the end of the second working day after they were made, of those followed that long
{#- Calendar days from the beginning of a request's day to the end of the second day from Monday to Friday after it, by isodow. #}
{%- set horizons = {1: 3, 2: 3, 3: 3, 4: 5, 5: 5, 6: 4, 7: 3} %}
with
-- Holidays count as working days. A contract that promises less than the longest horizon would leave only weekdays with a short one.
requests as (
    select
        requests.*,
        date_trunc('day', requests.service_request_at)
        + to_days(
            case isodow(requests.service_request_at)
                {%- for weekday, days in horizons.items() %}
                when {{ weekday }} then {{ days }}
                {%- endfor %}
            end
        ) as due_at,
        coalesce(
            contracts.follow_up_until = 'days_after_start' and contracts.follow_up_days < {{ horizons.values() | max }}, false
        ) as is_follow_up_short
    from {{ counted_events('fct_service_requests') }} as requests
    left join {{ ref('stg_receipts__contracts') }} as contracts on requests.source = contracts.source
),

months as (
    select
        {{ month_and_place() }},
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

final as (
    {{ counts_of_followed('periods', 'requests_closed_by_second_working_day', records='requests_count') }}
)

select * from final
