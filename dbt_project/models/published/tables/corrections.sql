-- one row per correction that the office has said, and one per measure and release or edition of which figures are others now
with
-- what was said twice is one correction, of the first day
said as (
    select *
    from {{ ref('stg_receipts__corrections') }}
    qualify row_number() over (partition by release_id, measure_id, what order by "at") = 1
),

history as (
    select * from {{ ref('as_reported_history') }}
),

revised as (
    select
        first_release_id as release_id,
        measure_id,
        count(*) as figures
    from history
    -- the bounds of a row with a value may be others alone
    where history_status = 'revised' and (value is null or first_value is null or {{ figure_differs('value', 'first_value') }})
    group by first_release_id, measure_id
),

in_editions as (
    select
        release_id,
        measure_id,
        edition,
        count(*) as figures,
        max(last_revised_on) as last_revised_on
    from {{ ref('as_reported_editions') }}
    group by release_id, measure_id, edition
),

final as (
    select
        release_id,
        measure_id,
        what,
        why,
        edition,
        severity,
        true as said_by_office,
        {{ without_time_of_day('said."at"') }} as "at"
    from said
    union all by name
    select
        release_id,
        measure_id,
        case figures
            when 1 then 'One figure is another now than this release first published; as_reported_history lists both'
            else figures::varchar || ' figures are others now than this release first published; as_reported_history lists both'
        end as what,
        null::varchar as why,
        null::varchar as edition,
        'revision' as severity,
        false as said_by_office,
        null::timestamp as "at"
    from revised
    union all by name
    select
        release_id,
        measure_id,
        case figures
            when 1 then 'One figure of this edition is another now; as_reported_editions lists both'
            else figures::varchar || ' figures of this edition are others now; as_reported_editions lists both'
        end as what,
        null::varchar as why,
        edition,
        'revision' as severity,
        false as said_by_office,
        last_revised_on::timestamp as "at"
    from in_editions
)

select * from final
order by all
