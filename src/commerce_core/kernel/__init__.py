"""What every capability stands on: money, ids, time, errors, events, messages, transactions, pages
and groups.

Kernel modules are imported one by one (``from commerce_core.kernel.money import Money``): they
share no face.
"""
