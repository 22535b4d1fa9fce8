-- one row per closed year and theme of engagement responses that is or was published, as reported
select * from {{ source('disclosure', 'reported_responses') }}
