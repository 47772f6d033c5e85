"""Counting what is bought together, with scipy's sparse matrices."""
