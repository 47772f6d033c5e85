"""What an order's saga does, and how each of it is undone: one file a step."""
