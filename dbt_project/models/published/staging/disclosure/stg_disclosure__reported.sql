-- one row per figure of persons that is or was published, as first reported, with whether it is hidden
select * from {{ source('disclosure', 'reported') }}
