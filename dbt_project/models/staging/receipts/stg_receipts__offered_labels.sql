-- one row per contract and answer about race that a person can give
select * from {{ source('receipts', 'offered_labels') }}
