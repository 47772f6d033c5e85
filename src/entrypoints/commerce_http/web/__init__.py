"""The frame of every request, which knows no capability of the shop: connections, origin, reading,
admission, answering, refusals, and the document that says all of it.
"""
