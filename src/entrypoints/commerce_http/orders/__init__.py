"""Orders: their history, details and cancelling, and the timeline as it goes on."""
