"""The people of Sampleton: where they live, as the census counts them, as staff of the city, and as answers to its survey."""
