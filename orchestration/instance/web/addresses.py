"""The addresses of the home's two sites behind the UI, for links: the web server takes a second to import."""

DOCS, SCORECARD = "/levelground/docs", "/levelground/scorecard"
