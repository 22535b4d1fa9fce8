-- one row per call, with the places of its address, or else the police district that the delivery names
{{ config(meta={'row_by_row': true}) }}
with
calls as (
    select * from {{ ref('stg_mpd__dispatched_calls') }}
),

with_places as (
    {{ place_conformed('calls', on_date='calls.occurred_on', address='address', police_district='calls.police_district_reported') }}
)

select * from with_places
