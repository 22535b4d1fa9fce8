"""Houses of Sampleton: sales and foreclosures."""
