-- one row per department whose records are, or can be, delivered
with
departments as (
    select * from {{ ref('departments') }}
),

-- a contract may come from a department that the seed does not know yet
contracts as (
    select distinct department from {{ ref('stg_receipts__agreements') }}
),

final as (
    select
        coalesce(contracts.department, departments.department) as department,
        coalesce(departments.name, upper(contracts.department)) as name,
        departments.level,
        contracts.department is not null as has_contract
    from departments
    full outer join contracts on departments.department = contracts.department
)

select * from final
