"""The verbs of search: find, follow the catalogue, build the index anew."""
