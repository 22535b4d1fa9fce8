"""Commands on one source: check, accept, erase, remove; and the deliveries of the sample city."""
