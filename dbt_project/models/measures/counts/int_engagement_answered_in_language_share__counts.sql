-- one row per period, neighborhood, race and language: inputs answered in the language in which they were made, of those answered
{{ share_of_inputs(
    'engagement_answered_in_language_share', numerator='is_in_its_language',
    among='is_answered and language_code in (select language_code from ' ~ ref('dim_language') ~ ')'
) }}
