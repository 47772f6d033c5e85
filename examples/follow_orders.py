"""Another team's consumer: mails about orders, in a queue of its own. It knows docs/events.md and
pika, and nothing else of the shop.

python follow_orders.py amqp://guest:guest@127.0.0.1:5672/ [how many to take]
"""

import json
import sys

import pika

QUEUE = "mails.orders"
WANTED = ("orders.order_created.v1", "orders.shipment_ready.v1", "orders.order_cancelled.v1")

url, most = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else None
channel = pika.BlockingConnection(pika.URLParameters(url)).channel()
channel.exchange_declare("commerce.events", "topic", durable=True)
channel.queue_declare(QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
for name in WANTED:
    channel.queue_bind(QUEUE, "commerce.events", name)
channel.basic_qos(prefetch_count=50)
print("following", flush=True)

# A table with a unique key, in earnest: written in the transaction of what the event leads to.
seen: set[tuple[str, str]] = set()
for method, properties, body in channel.consume(QUEUE):
    event = {
        name.removeprefix("cloudEvents:"): value
        for name, value in properties.headers.items()
        if name.startswith("cloudEvents:")
    }
    data = json.loads(body)
    if (event["source"], event["id"]) not in seen:  # an event may come twice
        seen.add((event["source"], event["id"]))
        print(
            json.dumps(
                {
                    "order": data["order_id"],
                    "what": event["type"],
                    "at": event["time"],
                    "entry": data["seq"],
                }
            ),
            flush=True,
        )
    channel.basic_ack(method.delivery_tag)
    if most is not None and len(seen) >= most:
        break
channel.connection.close()
