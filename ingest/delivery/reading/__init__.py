"""Read the tables of a delivery: find the contract's columns in each header, and drop what may not be kept."""
