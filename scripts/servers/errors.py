"""What is said when a server cannot be had."""


class NoServer(Exception):
    """A server cannot be installed, started or stopped; the text is one sentence for a person."""
