"""Which extra brings a library that is missing."""

from typing import Final

#: Libraries by the name of their top-level package, and the extra of commerce-core that installs
#: each.
EXTRAS: Final = {
    "alembic": "sql",
    "argon2": "embedded",
    "cyclopts": "cli",
    "dependency_injector": "embedded",
    "httptools": "http",
    "hypothesis": "testkit",
    "litestar": "http",
    "msgspec": "sql",
    "opensearchpy": "opensearch",
    "opentelemetry": "embedded",
    "pika": "rabbitmq",
    "prometheus_client": "embedded",
    "psycopg": "postgres",
    "pytest": "testkit",
    "pytest_bdd": "testkit",
    "rich": "cli",
    "snowballstemmer": "opensearch",
    "sqlalchemy": "sql",
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
