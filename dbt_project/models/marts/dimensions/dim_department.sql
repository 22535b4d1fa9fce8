-- one row per department whose records are, or can be, delivered
with
departments as (
    select * from {{ ref('departments') }}
),

-- a contract may come from a department that the seed does not know yet
contracts as (
    select distinct department from {{ ref('stg_receipts__agreements') }}
),

former as (
    select
        department,
        arg_max(formerly, renamed_on) as formerly,
        max(renamed_on) as renamed_on
    from {{ ref('former_department_names') }}
    group by department
),

final as (
    select
        coalesce(contracts.department, departments.department) as department,
        coalesce(departments.name, upper(contracts.department)) as name,
        former.formerly,
        former.renamed_on,
        departments.level,
        departments.records,
        contracts.department is not null as has_contract
    from departments
    full outer join contracts on departments.department = contracts.department
    left join former on coalesce(contracts.department, departments.department) = former.department
)

select * from final
