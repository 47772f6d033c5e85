"""``python -m benchmarks``: the whole table."""

from benchmarks.run import main

main()
