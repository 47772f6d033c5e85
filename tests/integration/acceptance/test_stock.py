"""What other shops got wrong about stock. Numbers are those of the acceptance list."""

import pytest

from commerce_core.accounts import Account, Role
from commerce_core.cart import Cart, CartLine
from commerce_core.catalog import ItemView, StockReceipt
from commerce_core.checkout import OutOfStock, PlaceOrder
from commerce_core.kernel.ids import BuyerId, CartId, SellerId
from commerce_core.kernel.money import Money
from commerce_core.payment import CardNumber, PaymentInfo
from tests.integration.market import GOOD, Market


def stored_cart(market: Market, buyer: Account, item: ItemView, *quantities: int) -> Cart:
    """A cart as an older release or a person at the database may have left it: a line for each
    quantity of the same SKU.
    """
    (form,) = item.item.variants
    lines = tuple(
        CartLine(
            item_id=item.item.id,
            variant_id=None,
            sku_id=form.sku_id,
            quantity=quantity,
            seen_price=form.price,
        )
        for quantity in quantities
    )
    made = Cart(
        id=CartId(market.container.ids().new()),
        buyer_id=BuyerId(buyer.id),
        lines=lines,
        updated_at=market.shop.clock.now(),
    )
    with market.database.begin() as tx:
        market.container.storage().carts.insert(tx, [made])
        tx.commit()
    return made


def test_03_the_same_sku_on_two_lines_is_summed_before_the_check(stepped: Market) -> None:
    lamp = stepped.item(5)
    paid = PaymentInfo(payment_type="card", card_no=CardNumber.from_text(GOOD))
    first, second = stepped.buyers(2)
    too_many = stored_cart(stepped, first, lamp, 3, 3)
    with pytest.raises(OutOfStock) as refused:
        stepped.shop.checkout.place(
            first,
            PlaceOrder(cart_id=too_many.id, amount=Money.parse("60", "USD"), payment_info=paid),
        )
    assert [(line["requested"], line["available"]) for line in refused.value.facts["lines"]] == [
        (6, 5),
        (6, 5),
    ]
    assert stepped.stock_of(lamp) == 5
    fitting = stored_cart(stepped, second, lamp, 2, 3)
    stepped.shop.checkout.place(
        second, PlaceOrder(cart_id=fitting.id, amount=Money.parse("50", "USD"), payment_info=paid)
    )
    assert stepped.stock_of(lamp) == 0
    stepped.run()
    assert stepped.rows("SELECT on_hand, reserved FROM stock") == [(0, 0)]


def test_34_two_sellers_use_the_same_sku_for_two_items_with_two_stocks(stepped: Market) -> None:
    (other,) = stepped.buyers(1, Role.SELLER)
    mine = stepped.item(5, sku="LAMP-1")
    theirs = stepped.item(7, sku="LAMP-1", seller_id=SellerId(other.id))
    stepped.buy(mine, quantity=2)
    stepped.shop.items.receive(
        SellerId(other.id), theirs.item.id, StockReceipt(quantity=10, reference="delivery 1")
    )
    stepped.shop.items.receive(
        stepped.seller_id, mine.item.id, StockReceipt(quantity=1, reference="delivery 1")
    )
    stepped.run()
    assert (stepped.stock_of(mine), stepped.stock_of(theirs)) == (4, 17)
    stepped.assert_sound()


def test_35_a_receipt_sent_again_after_a_lost_answer_counts_once(stepped: Market) -> None:
    lamp = stepped.item(1)
    receipt = StockReceipt(quantity=10, reference="delivery 1")
    counted = [
        stepped.shop.items.receive(stepped.seller_id, lamp.item.id, receipt).stock for _ in range(3)
    ]
    assert counted == [11, 11, 11]
    stepped.shop.items.receive(
        stepped.seller_id, lamp.item.id, StockReceipt(quantity=-4, reference="breakage 1")
    )
    assert stepped.stock_of(lamp) == 7
    stepped.run()
    stepped.assert_sound()
