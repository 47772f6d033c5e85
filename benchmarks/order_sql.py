"""The SQL of one order, as PostgreSQL's own log has it, made into a script for pgbench: the same
statements, one order after the other.
"""

import json
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import attrs
import psycopg
from psycopg.sql import SQL, Identifier, Literal

from scripts.servers.postgres import PostgresServer, programs

_EXECUTE: Final = re.compile(r"(?:execute [^:]+|statement): (.*)", re.DOTALL)
_VALUE: Final = re.compile(r"\$(\d+) = (NULL|'(?:[^']|'')*')")
_PLACE: Final = re.compile(r"\$(\d+)")
_FRAME: Final = ("BEGIN", "COMMIT", "ROLLBACK")


@attrs.frozen
class Statement:
    """One that the database executed, and its parameters as literals."""

    sql: str
    values: Mapping[str, str]

    @property
    def texts(self) -> set[str]:
        """The parameters without their quotes."""
        return {value[1:-1] for value in self.values.values()}


@attrs.frozen(kw_only=True)
class Recorded:
    """An order that went its whole way: its statements, the ids that every order has of its own,
    and its cart as it was before.
    """

    transactions: Sequence[Sequence[Statement]]
    ids: Mapping[str, str]
    cart: Mapping[str, Any]

    @property
    def statements(self) -> int:
        """How many there are, but for those that frame transactions."""
        return sum(
            not s.sql.startswith(_FRAME) for transaction in self.transactions for s in transaction
        )


def cart_row(url: str, cart_id: str) -> dict[str, Any]:
    """A cart as the database has it."""
    with psycopg.connect(url, row_factory=psycopg.rows.dict_row) as connection:
        (row,) = connection.execute("SELECT * FROM cart WHERE id = %s", (cart_id,)).fetchall()
    return row


def recorded(
    server: PostgresServer, cart_id: str, cart: Mapping[str, Any], session: str
) -> Recorded:
    """The only order of the database on *server*, made of a cart; *session* is what its buyer was
    known by.

    Of the workers' transactions those count that name the order or a message of it, and the claim
    before the first of them.
    """
    with psycopg.connect(server.url) as connection:
        ((order_id,),) = connection.execute(
            "SELECT id FROM orders WHERE cart_id = %s", (cart_id,)
        ).fetchall()
    every = list(_transactions(server.data / "cluster" / "log"))
    begins = next(no for no, t in enumerate(every) if _names(t, {order_id}))
    messages = {
        text
        for t in every
        for s in t
        if "INTO outbox" in s.sql and order_id in "".join(s.values.values())
        for text in s.texts
        if _is_id(text)
    }
    own = {order_id, *(messages - {cart["buyer_id"], cart_id})}
    looked_up = [t for t in every[:begins] if _names(t, {session, cart_id})][-2:]
    claim = next(
        (
            t
            for t in every[begins + 1 :]
            if any(s.sql.lstrip().startswith("UPDATE saga") for s in t)
        ),
        None,
    )
    kept = [*looked_up, *(t for t in every[begins:] if t is claim or _names(t, own))]
    ids = {order_id: "order", cart_id: "cart", cart["buyer_id"]: "buyer"} | {
        m: f"m{no}" for no, m in enumerate(sorted(own - {order_id}))
    }
    return Recorded(transactions=kept, ids=ids, cart=cart)


def timed(server: PostgresServer, order: Recorded, seconds: int) -> dict[str, Any]:
    """How many orders a second one client of pgbench does; that every one of them was done is
    looked at.
    """
    most = seconds * 2_000
    with psycopg.connect(server.url) as connection:
        columns = [Identifier(name) for name in order.cart]
        fresh = [
            SQL("'{}' || k").format(SQL(order.ids[v])) if v in order.ids else Literal(v)
            for v in map(_plain, order.cart.values())
        ]
        connection.execute(
            SQL("INSERT INTO cart ({}) SELECT {} FROM generate_series(1, {}) AS k").format(
                SQL(", ").join(columns), SQL(", ").join(fresh), SQL(str(most))
            )
        )
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")
    script = server.folder / "order.sql"
    script.write_text(
        "\\set k :k + 1\n"
        + "".join(f"{_for_pgbench(s, order.ids)};\n" for t in order.transactions for s in t)
    )
    report = _pgbench(server, script, seconds)
    done = int(re.findall(r"actually processed: (\d+)", report)[0])
    with psycopg.connect(server.url) as connection:
        ((ended, left),) = connection.execute(
            "SELECT count(*), (SELECT count(*) FROM outbox) FROM saga WHERE state = 'COMPLETED' "
            "AND order_id LIKE 'order%'"
        ).fetchall()
    if ended != done or left or done >= most:
        raise RuntimeError(
            f"pgbench did {done} orders, {ended} of them ended, and {left} messages are left"
        )
    return {
        "per_second": float(re.findall(r"tps = ([\d.]+)", report)[0]),
        "orders": done,
        "statements": order.statements,
        "transactions": len(order.transactions),
        "protocol": "prepared",
        "script": script.read_text(),
    }


def _pgbench(server: PostgresServer, script: Path, seconds: int) -> str:
    folder = programs()
    if folder is None or not (folder / "pgbench").exists():
        raise RuntimeError("pgbench comes with the server's package, and is not there")
    options = (
        "--no-vacuum",
        "--protocol=prepared",
        f"--time={seconds}",
        "--define=k=0",
        f"--file={script}",
    )
    command = [folder / "pgbench", *options, server.url]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"pgbench: {done.stderr[-2000:]} {done.stdout[-1000:]}")
    return done.stdout


def _transactions(folder: Path) -> Iterator[list[Statement]]:
    """What was executed, transaction by transaction, in the order of their first statements."""
    lines = [
        json.loads(line)
        for file in sorted(folder.glob("*.json"))
        for line in file.read_text().splitlines()
    ]
    began: list[list[Statement]] = []
    current: dict[int, list[Statement]] = {}
    for line in lines:
        found = _EXECUTE.fullmatch(line.get("message", ""))
        if not found or line.get("application_name") != "commerce":
            continue
        statement = Statement(found[1].strip(), dict(_VALUE.findall(line.get("detail", ""))))
        if line["pid"] not in current:
            began.append(current.setdefault(line["pid"], []))
        current[line["pid"]].append(statement)
        if statement.sql.startswith(("COMMIT", "ROLLBACK")) or not current[line["pid"]][
            0
        ].sql.startswith("BEGIN"):
            del current[line["pid"]]
    return iter(began)


def _names(transaction: Sequence[Statement], texts: set[str]) -> bool:
    return any(texts & statement.texts for statement in transaction)


def _for_pgbench(statement: Statement, ids: Mapping[str, str]) -> str:
    """With parameters put in: ids of the order as variables, anything else as it was. A colon in a
    literal would be a variable.
    """

    def put(place: re.Match[str]) -> str:
        value = statement.values[place[1]]
        if (text := value[1:-1]) in ids:
            return f"('{ids[text]}' || :k)"
        return value if value == "NULL" else "E" + value.replace("\\", "\\\\").replace(":", "\\x3a")

    return _PLACE.sub(put, statement.sql)


def _is_id(text: str) -> bool:
    return re.fullmatch(r"[0-9a-f-]{32,36}", text) is not None


def _plain(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, (dict, list)) else value
