"""The command line: each command in a module that is loaded only when it is called."""
