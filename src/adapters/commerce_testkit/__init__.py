"""For examining adapters and for tests without servers: memory adapters, contract suites, a clock
and ids under control.
"""
