"""What is bought together: two lamps that share an order go with each other."""

from commerce_core.kernel.ids import ItemId
from commerce_core.recommendations import Basket
from commerce_recommend.counting import SparseCoPurchases

desk, floor = ItemId("desk lamp"), ItemId("floor lamp")
counted = SparseCoPurchases()
counted.add([Basket([desk, floor], 1.0)])
found = dict(counted.neighbours(10))
assert [near.item_id for near in found[desk]] == [floor]
