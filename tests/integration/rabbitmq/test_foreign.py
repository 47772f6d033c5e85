"""A consumer that shares no code with the shop reads its events."""

import ast
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pika

from commerce_core.kernel.ids import BuyerId, OrderId
from commerce_core.kernel.messaging import Message, envelope
from commerce_core.orders.events import OrderCancelled, OrderCreated, PaymentCompleted
from commerce_rabbitmq.broker import RabbitBroker
from commerce_testkit.memory.clock import SettableClock

EXAMPLE: Final = Path(__file__).parents[3] / "examples" / "follow_orders.py"
AT: Final = datetime(2026, 1, 1, 12, 30, 15, 123_456, tzinfo=UTC)


def event_message(number: int, kind: type = OrderCreated) -> Message:
    event = kind(
        order_id=OrderId(f"order-{number}"),
        buyer_id=BuyerId("buyer-1"),
        seq=number,
        detail={"why": "\N{SNOWMAN}"},
    )
    return envelope(event, id=f"id-{number}", at=AT + timedelta(seconds=number))


def test_the_example_imports_nothing_of_ours() -> None:
    tree = ast.walk(ast.parse(EXAMPLE.read_text()))
    assert {n.name for node in tree if isinstance(node, ast.Import) for n in node.names} == {
        "json",
        "sys",
        "pika",
    }
    assert len(EXAMPLE.read_text().splitlines()) <= 50  # of 100 columns


def test_the_example_follows_orders_and_counts_each_event_once(address: str) -> None:
    broker = RabbitBroker(
        address, {"seller-orders": ["orders.order_created.v1"]}, lambda _: None, SettableClock(AT)
    )
    follower = subprocess.Popen(
        [sys.executable, EXAMPLE, address, "2"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert follower.stdout is not None
        assert follower.stdout.readline() == "following\n"
        messages = [
            event_message(1),
            event_message(1),
            event_message(2, PaymentCompleted),
            event_message(3, OrderCancelled),
        ]
        assert len(broker.publish(messages)) == 4
        lines = [json.loads(line) for line in follower.stdout]
        assert follower.wait(30) == 0
    finally:
        follower.kill()
        follower.wait(30)
        broker.close()
        if follower.stdout is not None:
            follower.stdout.close()
    assert lines == [
        {
            "order": "order-1",
            "what": "orders.order_created.v1",
            "at": "2026-01-01T12:30:16.123456+00:00",
            "entry": 1,
        },
        {
            "order": "order-3",
            "what": "orders.order_cancelled.v1",
            "at": "2026-01-01T12:30:18.123456+00:00",
            "entry": 3,
        },
    ]


def test_a_message_on_the_wire_is_as_the_page_describes_it(address: str) -> None:
    broker = RabbitBroker(
        address, {"seller-orders": ["orders.order_created.v1"]}, lambda _: None, SettableClock(AT)
    )
    try:
        broker.publish([event_message(1)])
    finally:
        broker.close()
    connection = pika.BlockingConnection(pika.URLParameters(address))
    try:
        _, properties, body = connection.channel().basic_get(
            "commerce.seller-orders", auto_ack=True
        )
    finally:
        connection.close()
    assert properties is not None
    assert (properties.content_type, properties.message_id, properties.type) == (
        "application/json",
        "id-1",
        "orders.order_created.v1",
    )
    assert properties.delivery_mode == 2
    assert {
        k: v for k, v in (properties.headers or {}).items() if k.startswith("cloudEvents:")
    } == {
        "cloudEvents:specversion": "1.0",
        "cloudEvents:id": "id-1",
        "cloudEvents:source": "/commerce",
        "cloudEvents:type": "orders.order_created.v1",
        "cloudEvents:time": "2026-01-01T12:30:16.123456+00:00",
        "cloudEvents:partitionkey": "order-1",
    }
    assert json.loads(body or b"") == {
        "order_id": "order-1",
        "buyer_id": "buyer-1",
        "seq": 1,
        "detail": {"why": "\N{SNOWMAN}"},
        "number": None,
    }
