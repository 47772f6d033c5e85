"""One suite a port: subclass it, give the ``subject`` fixture your adapter, and pytest examines
it.
"""
