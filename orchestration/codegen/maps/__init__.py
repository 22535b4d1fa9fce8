"""Write a new map of a type of place into a layer."""
