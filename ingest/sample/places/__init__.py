"""Sampleton, the places: one ground for every map, the address index, and the maps and the index as delivered."""
