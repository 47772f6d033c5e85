"""The shop over HTTP: handlers around the services of the core, and the contract that they
share.
"""
