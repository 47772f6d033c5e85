"""The verbs of search: find, follow the catalogue, rebuild the index."""
