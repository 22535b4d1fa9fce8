-- one row per polygon of a 2010 census tract
{{ boundary_rows('census__tracts_2010', 'tract', '2010', geoid="typed.tract_geoid") }}
