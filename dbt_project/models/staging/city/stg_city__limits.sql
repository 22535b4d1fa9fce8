-- one row per polygon of the city; the file calls it by its name, facts by its code
{{ boundary_rows('city__limits', 'city', 'current', geoid='(select city_geoid from ' ~ source('receipts', 'settings') ~ ')') }}
