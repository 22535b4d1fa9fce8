-- one row per reporting period and place, or part of one: what projects there have obligated up to its end
{{ arpa_per_resident('arpa_obligated_per_resident', 'obligated_usd') }}
