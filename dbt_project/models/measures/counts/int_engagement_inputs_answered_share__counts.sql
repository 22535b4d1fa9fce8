-- one row per period, neighborhood, race and language: inputs answered within 90 days, of those followed for as long
{{ share_of_inputs('engagement_inputs_answered_share', numerator='is_answered_in_time', among='is_followed') }}
