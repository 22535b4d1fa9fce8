"""Engagement in the sample: what is planted in it, and the deliveries of the office's platform and its log."""
