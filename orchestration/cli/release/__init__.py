"""Read and manage releases: tables, measures, values, differences, and the lake."""
