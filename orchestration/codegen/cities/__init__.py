"""Write the layer of a city, and what a city of the gazetteer needs for its first run."""
