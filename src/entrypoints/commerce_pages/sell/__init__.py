"""A seller's pages: what is new, the own items, files of them, orders with them."""
