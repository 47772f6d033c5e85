"""Delivery through RabbitMQ: a topic exchange, a quorum queue for each consumer, dead letters; pika
on threads of its own.
"""
