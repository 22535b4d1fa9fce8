"""What each page shows, its charts, and its HTML."""
