-- one row per row of equity_measures that any release published with a figure: its first and its last figure
select * from {{ source('disclosure', 'history') }}
