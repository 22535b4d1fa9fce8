-- one row per source of a map whose lines a person accepted in place of earlier ones
select * from {{ source('receipts', 'corrected_maps') }}
