-- what the placing of addresses reads of the requests
create view warehouse.staging.stg_ucc__service_requests as select address from warehouse.main.requests;
