"""What needs no server: time, ids, threads that group and fan out, password hashing, in-process
delivery, sandbox gateway and carrier.

Each module stands alone and is imported by name, so that nothing is loaded that is not used.
"""
