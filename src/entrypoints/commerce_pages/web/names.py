"""Names of requests: a form that is sent twice does once what it says."""

import hashlib
import secrets

from commerce_pages.web.forms import Form


def request_name() -> str:
    """A name for what a form that is shown now will do."""
    return secrets.token_urlsafe(16)


def request_key(form: Form) -> str:
    """The idempotency key of what *form* does."""
    return hashlib.sha256(form["requestName"].encode()).hexdigest()
