-- one row per polygon of a 2020 census tract
{{ boundary_rows('census__tracts_2020', 'tract', '2020', geoid="typed.tract_geoid") }}
