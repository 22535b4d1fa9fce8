-- one row per measure, period, place, race and stratum in which something was counted
select * from {{ ref('int_requests_closed_by_second_day__counted') }}
union all
select * from {{ ref('int_stops_searched_share__counted') }}
union all
select * from {{ ref('int_stops_by_race__counted') }}
union all
select * from {{ ref('int_student_composition__counted') }}
union all
select * from {{ ref('int_workforce_composition__counted') }}
