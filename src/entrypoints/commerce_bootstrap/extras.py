"""Which extra brings a library that is missing."""

from importlib import import_module
from importlib.util import find_spec
from typing import Final

from commerce_core.recommendations import CoPurchases, StartCounting

#: Libraries by the name of their top-level package, and the extra of commerce-core that installs
#: each.
EXTRAS: Final = {
    "alembic": "sql",
    "argon2": "embedded",
    "babel": "notify",
    "css_inline": "notify",
    "certifi": "embedded",
    "cyclopts": "cli",
    "dependency_injector": "embedded",
    "httpcore": "embedded",
    "httptools": "http",
    "hypothesis": "testkit",
    "jinja2": "notify",
    "litestar": "http",
    "msgspec": "sql",
    "multipart": "pages",
    "obstore": "s3",
    "opensearchpy": "opensearch",
    "opentelemetry": "embedded",
    "PIL": "images",
    "pika": "rabbitmq",
    "prometheus_client": "embedded",
    "psycopg": "postgres",
    "pytest": "testkit",
    "pytest_bdd": "testkit",
    "rich": "cli",
    "scipy": "recommendations",
    "snowballstemmer": "opensearch",
    "sqlalchemy": "sql",
    "standardwebhooks": "embedded",
    "stripe": "stripe",
    "structlog": "embedded",
    "tantivy": "search",
    "uvicorn": "http",
    "uvloop": "http",
}


def missing_extra(error: ImportError) -> str | None:
    """One sentence that says what to install; ``None``: what is missing is no library of an
    extra.
    """
    extra = EXTRAS.get((error.name or "").partition(".")[0])
    return f'{error.name} is missing: pip install "commerce-core[{extra}]"' if extra else None


def counting_of_co_purchases() -> StartCounting | None:
    """What counts what is bought together, if the extra ``recommendations`` is installed; else
    recommendations go by popularity. The library is loaded when a model is learnt, and takes its
    memory there alone.
    """
    if find_spec("scipy") is None:
        return None

    def start() -> CoPurchases:
        counting = import_module("commerce_recommend.counting")
        made: CoPurchases = counting.SparseCoPurchases()
        return made

    return start
