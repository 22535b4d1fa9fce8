"""Write static sites and their texts: scorecard, documentation, translations."""
