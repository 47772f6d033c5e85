"""The shop as pages: a file for each capability, on the frame that they share (``web``). They call
the same services as the HTTP API does, and can do nothing that it cannot.
"""
