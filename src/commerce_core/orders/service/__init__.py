"""The verbs of orders: reading them, keeping the sellers' list, and what they hold of people."""

from commerce_core.orders.service.personal_data import OrderData, SaleData
from commerce_core.orders.service.reading import Orders, SellerOrderProjection

__all__ = ["OrderData", "Orders", "SaleData", "SellerOrderProjection"]
