"""A media store at an address: what is kept in a bucket comes back."""

import sys

from commerce_core.plugins import MEDIA_STORES, PluginContext, load
from commerce_local.clock import SystemClock

address = sys.argv[1]
store = load(MEDIA_STORES, address)(address, PluginContext(currency="USD", clock=SystemClock()))
store.put("public/teal.webp", b"teal", "image/webp")
assert store.get("public/teal.webp") == b"teal"
store.delete(["public/teal.webp"])
assert store.get("public/teal.webp") is None
