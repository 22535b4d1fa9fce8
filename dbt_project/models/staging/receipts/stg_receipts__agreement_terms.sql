-- one row per contract, with the terms of its agreement at the time of the run
select * from {{ source('receipts', 'agreement_terms') }}
