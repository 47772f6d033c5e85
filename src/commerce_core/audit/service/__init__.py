"""What is kept of decisions, and decisions over messages."""

from commerce_core.audit.service.decisions import EVERY, Decisions
from commerce_core.audit.service.letters import DeadLetters

__all__ = ["EVERY", "DeadLetters", "Decisions"]
