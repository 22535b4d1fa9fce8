-- one row per place: type, vintage and code
{# A seed has the name, and dbt knows one thing by one name. #}
{{ config(alias='geographies') }}
select * from {{ ref('dim_geography') }}
