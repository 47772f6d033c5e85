"""Migrations only add, unless they say from which release on one can do without: an older release
serves while they run.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.architecture.tree import ROOT

VERSIONS: Final = sorted(
    (ROOT / "src" / "adapters" / "commerce_sqlalchemy" / "migrations" / "versions").glob("*.py")
)
#: What an older release may stumble over, on a table that it knows.
_TAKES_AWAY: Final = (
    "drop_",
    "rename_",
    "alter_column",
    "batch_alter_table",
    "create_check_",
    "create_unique_",
    "create_foreign_",
    "create_primary_",
)
_IN_SQL: Final = (
    "DROP ",
    "RENAME ",
    "NOT NULL",
    "ALTER COLUMN",
    "ADD CONSTRAINT",
    "DELETE ",
    "TRUNCATE",
)


def taken_away(source: str) -> list[str]:
    """The operations of a migration's way up that an older release may not survive; none where it
    says so by ``works_from``.
    """
    module = ast.parse(source)
    if any(
        "works_from" in ast.unparse(node).split("=")[0]
        for node in module.body
        if isinstance(node, (ast.Assign, ast.AnnAssign))
    ):
        return []
    found: list[str] = []
    for part in module.body:
        if not (isinstance(part, ast.FunctionDef) and part.name == "downgrade"):
            found += [ast.unparse(call) for call in _calls_of_op(part) if _takes_away(call)]
    return found


def _calls_of_op(part: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(part):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and ast.unparse(node.func.value) == "op"
        ):
            yield node


def _takes_away(call: ast.Call) -> bool:
    assert isinstance(call.func, ast.Attribute)
    name, said = call.func.attr, ast.unparse(call)
    if name == "execute":
        return any(word in said.upper() for word in _IN_SQL)
    if name == "alter_column":  # more room in a text: an older release writes what it wrote
        return not re.fullmatch(r"op\.alter_column\([^=]+, type_=sa\.String\(\w+\)\)", said)
    if name == "add_column":  # an older release leaves it out
        return "server_default" not in said and ("nullable=False" in said or "_col(" in said)
    return name.startswith(_TAKES_AWAY)


@pytest.mark.parametrize("path", VERSIONS, ids=lambda path: path.name)
def test_a_migration_only_adds_or_says_who_can_go_on(path: Path) -> None:
    assert taken_away(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "step",
    [
        "op.drop_column('orders', 'digest')",
        "op.drop_table('inbox')",
        "op.alter_column('orders', 'digest', nullable=False)",
        "op.alter_column('orders', 'digest', type_=sa.String(64), nullable=False)",
        "op.alter_column('orders', 'digest', type_=sa.BigInteger())",
        "op.rename_table('orders', 'purchase')",
        "op.add_column('orders', sa.Column('note', sa.Text, nullable=False))",
        "op.create_unique_constraint('uq', 'orders', ['digest'])",
        "op.execute('ALTER TABLE orders DROP COLUMN digest')",
        "op.execute(sa.text('alter table orders alter column digest set not null'))",
    ],
)
def test_what_takes_something_away_is_found(step: str) -> None:
    source = f"def upgrade():\n    if True:\n        {step}\n\ndef downgrade():\n    pass\n"
    assert len(taken_away(source)) == 1
    assert taken_away(f"works_from = '0002'\n{source}") == []


@pytest.mark.parametrize(
    "step",
    [
        "op.add_column('orders', sa.Column('note', sa.Text))",
        "op.add_column('orders', sa.Column('note', sa.Text, nullable=False, server_default=''))",
        "op.create_table('gift', sa.Column('id', Id, nullable=False))",
        "op.create_index('ix', 'orders', ['digest'])",
        "op.alter_column('orders', 'digest', type_=sa.String(64))",
        "op.execute('UPDATE orders SET note = digest')",
    ],
)
def test_what_only_adds_is_let_pass(step: str) -> None:
    assert (
        taken_away(f"def upgrade():\n    {step}\n\ndef downgrade():\n    op.drop_table('gift')\n")
        == []
    )


def test_migrations_follow_one_another_in_one_line() -> None:
    numbers = [path.name.partition("_")[0] for path in VERSIONS]
    assert numbers == [f"{n:04d}" for n in range(1, len(numbers) + 1)]
    for number, path in zip(numbers, VERSIONS, strict=True):
        before = re.search(r'^down_revision = "(\d+)"$', path.read_text(), re.MULTILINE)
        assert f'revision = "{number}"' in path.read_text()
        assert (before.group(1) if before else "0000") == f"{int(number) - 1:04d}"
