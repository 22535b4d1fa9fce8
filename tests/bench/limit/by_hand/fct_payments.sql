-- one row per voucher line
-- the second and later ones of equal lines; 64 bits tell apart all that a city pays
create table warehouse.main.repeated_payments as
select
    filename,
    file_row_number,
    row_number() over (
        partition by hash(
            voucher_id_0, "date", amount, vendor_name, spending_department_id, spending_department_name, account_description, fund_0,
            descr
        )
        order by parse_filename(filename), file_row_number
    ) as number
from read_parquet(getvariable('payments'), filename = true, file_row_number = true)
qualify number > 1;

-- the key is of the text as the product writes it down: Arrow's, whose whole numbers have no decimals
create table release.marts.fct_payments as
select
    record_keys.main.keyed(concat(
        md5(concat(
            'comptroller__checkbook', chr(31), voucher_id_0, chr(31), cast("date" as date), ' 00:00:00.000000', chr(31),
            case when amount = trunc(amount) then cast(cast(amount as bigint) as varchar) else cast(amount as varchar) end,
            chr(31), trimmed(vendor_name), chr(31), spending_department_id, chr(31), trimmed(spending_department_name), chr(31),
            trimmed(account_description), chr(31), fund_0, chr(31), trimmed(descr)
        )),
        '#',
        coalesce(repeated.number, 1)
    )) as payment_key,
    'comptroller__checkbook' as source,
    contracts.jurisdiction,
    contracts.load_id as _load_id,
    parse_filename(payments.filename) as _source_file,
    payments.file_row_number + 1 as _source_row,
    cast(payments."date" as date) as occurred_on,
    cast(null as varchar) as tract_geoid,
    cast(null as varchar) as aldermanic_district_geoid,
    cast(null as varchar) as aldermanic_district_vintage,
    cast(null as varchar) as police_district_geoid,
    cast(null as varchar) as neighborhood_geoid,
    cast(null as varchar) as police_district_vintage,
    'none' as geocode_quality,
    payments.voucher_id_0 as voucher_number,
    cast(payments.amount as decimal(18, 4)) as amount_usd,
    payments.amount < 0 as is_reversal,
    nullif(trimmed(payments.vendor_name), '') as vendor_name,
    nullif(payments.spending_department_id, '') as spending_department_code,
    nullif(trimmed(payments.spending_department_name), '') as spending_department_name,
    nullif(trimmed(payments.account_description), '') as account,
    nullif(payments.fund_0, '') as fund_code,
    nullif(trimmed(payments.descr), '') as fund_name
from read_parquet(getvariable('payments'), filename = true, file_row_number = true) as payments
inner join warehouse.receipts.contracts on contracts.source = 'comptroller__checkbook'
left join warehouse.main.repeated_payments as repeated
    on payments.file_row_number = repeated.file_row_number and payments.filename = repeated.filename;
