"""Commerce Core: a shop's entities, ports and services, and the order saga. Free of frameworks and
of I/O.
"""
