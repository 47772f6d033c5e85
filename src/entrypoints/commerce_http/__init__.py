"""The shop over HTTP: a file of handlers for each capability of the core, on the frame that they
share (``web``).
"""
