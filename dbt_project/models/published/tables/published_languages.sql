-- one row per language of the pages for residents
{# The seed has the name languages, and names are unique in dbt. #}
{{ config(alias='languages') }}
select
    languages.language_code,
    languages.label,
    languages.own_name,
    languages.tag,
    languages.locale,
    languages.direction,
    languages.font,
    languages.sort_order
from {{ ref('dim_language') }} as languages
-- a language without a text yet has no pages
semi join {{ ref('dim_text') }} as texts on languages.language_code = texts.language
order by all
