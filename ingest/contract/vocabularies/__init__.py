"""Word lists: what labels of a column mean, in Levelground, in a city's layer and in the crosswalk of race."""
