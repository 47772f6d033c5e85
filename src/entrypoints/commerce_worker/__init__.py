"""What goes on by itself: loops that drive the services that have something to carry on."""

from commerce_worker.main import working

__all__ = ["working"]
