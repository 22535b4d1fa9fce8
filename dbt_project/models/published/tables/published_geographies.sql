-- one row per place: type, vintage and code
{# A seed has the name geographies, and names are unique in dbt. #}
{{ config(alias='geographies') }}
select * from {{ ref('dim_geography') }}
