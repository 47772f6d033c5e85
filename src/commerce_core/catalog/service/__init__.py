"""The verbs of the catalogue: onboard and change items, import and export many."""
