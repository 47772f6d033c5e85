"""The verbs of checkout: place, run, cancel, operate, reconcile, check."""
