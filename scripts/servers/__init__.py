"""Servers of one's own, started as processes on 127.0.0.1 or, where Docker answers, as containers.
Standard library only.
"""
