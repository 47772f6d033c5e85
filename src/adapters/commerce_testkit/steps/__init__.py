"""The steps of the features, one module a capability. They speak to a ``Shop`` and know no
transport.
"""
