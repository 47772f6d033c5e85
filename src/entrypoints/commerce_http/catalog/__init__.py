"""Items, and the imports that bring them in by the file."""
