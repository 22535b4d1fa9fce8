-- one row per period, neighborhood, race and language: declined inputs whose answer gives a reason, of those declined
{{ share_of_inputs('engagement_declined_with_reason_share', numerator='has_reason', among='is_declined') }}
