-- one row per polygon of a neighborhood; its name is its only code
{{ boundary_rows('city__neighborhoods', 'neighborhood', 'current', geoid='upper(' ~ normalised('typed.neighborhood') ~ ')') }}
