"""The cookie that holds the token of a session: the accounts service's own."""

import re
from typing import Any, Final

from commerce_http.web.answers import link
from commerce_http.web.frame import headers_of

_NAME: Final = "__Host-session"
#: Where a browser may refuse a cookie that asks for TLS: at this machine itself.
_PLAIN_NAME: Final = "session"
_HERE: Final = re.compile(r"(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?", re.IGNORECASE)
_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/=-]{16,100}")
_DAYS: Final = 30 * 24 * 3600


def _is_plain(scope: Any) -> bool:
    """Whether a shop without TLS is visited at the machine on which it runs."""
    return scope["scheme"] != "https" and bool(_HERE.fullmatch(headers_of(scope).get("host", "")))


def session_of(scope: Any) -> str | None:
    """The token that a request shows."""
    name = _PLAIN_NAME if _is_plain(scope) else _NAME
    for cookie in headers_of(scope).get("cookie", "").split(";"):
        key, _, value = cookie.partition("=")
        if key.strip() == name and _TOKEN.fullmatch(value := value.strip()):
            return value
    return None


def session_cookie(scope: Any, token: str, *, lasting: bool) -> str:
    """A cookie that holds *token*: thirty days if it is *lasting*, else until the browser closes;
    an empty one takes it away.
    """
    name, end = (_PLAIN_NAME, "") if _is_plain(scope) else (_NAME, "; Secure")
    age = "; Max-Age=0" if not token else f"; Max-Age={_DAYS}" if lasting else ""
    return f"{name}={token}; Path=/; HttpOnly; SameSite=Lax{age}{end}"


def placed(scope: Any, cookie: str) -> str:
    """A cookie that the API knows as well, with where it holds."""
    secure = "; Secure" if scope["scheme"] == "https" else ""
    return f"{cookie}; Path={link('') or '/'}{secure}"
