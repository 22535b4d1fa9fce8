"""Write the macros of a home that list models and types of place, which dbt needs before it reads the models."""
