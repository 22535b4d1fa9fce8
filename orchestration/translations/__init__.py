"""Export and import the texts of the scorecard, one spreadsheet per language.

The seeds `texts_<language>.csv` hold the texts; dbt reads them into `marts.dim_text`.
"""
