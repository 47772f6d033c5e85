"""A faulting fake of Stripe's HTTP API, written from Stripe's public documentation alone.

It is a program of its own (``python -m tests.stripe.fake --port 0``) that prints its address, and
it keeps everything in memory. The API answers below ``/v1``; tests steer it below ``/_fake``
(:mod:`.control`) and read there what really happened.
"""
