-- one row per reporting period and place, or part of one: what projects there have spent up to its end
{{ arpa_per_resident('arpa_spent_per_resident', 'spent_usd') }}
