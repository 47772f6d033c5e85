"""Composition: settings, the functions that build a shop from them, and the container that holds
its parts.
"""
