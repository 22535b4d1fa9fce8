-- what the placing of addresses reads of the calls
create view warehouse.staging.stg_mpd__dispatched_calls as select address from warehouse.main.calls;
