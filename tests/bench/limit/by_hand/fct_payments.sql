-- one row per voucher line
-- the hash is of the text as the product writes it down: Arrow's, whose whole numbers have no decimals
create table warehouse.main.payments as
select
    *,
    parse_filename(filename) as file,
    md5(concat_ws(
        chr(31),
        'comptroller__checkbook',
        trim(voucher_id_0),
        strftime("date", '%Y-%m-%d %H:%M:%S.%f'),
        case when amount = trunc(amount) then cast(cast(amount as bigint) as varchar) else cast(amount as varchar) end,
        coalesce(trim(vendor_name), ''),
        coalesce(trim(spending_department_id), ''),
        coalesce(trim(spending_department_name), ''),
        coalesce(trim(account_description), ''),
        coalesce(trim(fund_0), ''),
        coalesce(trim(descr), '')
    )) as record_hash
from read_parquet(getvariable('payments'), filename = true, file_row_number = true);

create table warehouse.main.repeated_payments as
select
    rows.rowid as payment,
    row_number() over (partition by rows.record_hash order by rows.file, rows.file_row_number) as number
from warehouse.main.payments as rows
semi join (select record_hash from warehouse.main.payments group by record_hash having count(*) > 1) as repeated
    on rows.record_hash = repeated.record_hash;

create table release.marts.fct_payments as
select
    md5(concat(payments.record_hash, '#', coalesce(repeated.number, 1))) as payment_key,
    'comptroller__checkbook' as source,
    contracts.jurisdiction,
    contracts.load_id as _load_id,
    payments.file as _source_file,
    payments.file_row_number + 1 as _source_row,
    cast(payments."date" as date) as occurred_on,
    cast(null as varchar) as tract_geoid,
    cast(null as varchar) as aldermanic_district_geoid,
    cast(null as varchar) as aldermanic_district_vintage,
    cast(null as varchar) as police_district_geoid,
    cast(null as varchar) as neighborhood_geoid,
    'none' as geocode_quality,
    trim(payments.voucher_id_0) as voucher_number,
    cast(payments.amount as decimal(18, 4)) as amount_usd,
    payments.amount < 0 as is_reversal,
    nullif(trim(payments.vendor_name), '') as vendor_name,
    nullif(trim(payments.spending_department_id), '') as spending_department_code,
    nullif(trim(payments.spending_department_name), '') as spending_department_name,
    nullif(trim(payments.account_description), '') as account,
    nullif(trim(payments.fund_0), '') as fund_code,
    nullif(trim(payments.descr), '') as fund_name
from warehouse.main.payments
inner join warehouse.receipts.contracts on contracts.source = 'comptroller__checkbook'
left join warehouse.main.repeated_payments as repeated on payments.rowid = repeated.payment;

drop table warehouse.main.payments;
