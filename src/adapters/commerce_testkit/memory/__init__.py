"""The storage ports in memory, with real transactions: the fakes of tests, held to the same
contracts as the databases.
"""
