"""What is kept in PostgreSQL keeps every promise that it keeps on SQLite: the same suites, on a
server.
"""

import inspect

from tests.contracts import (
    test_accounts,
    test_audit,
    test_broker,
    test_cart,
    test_catalog,
    test_checkout,
    test_images,
    test_inventory,
    test_ledger,
    test_messaging,
    test_notifications,
    test_orders,
    test_payment_notices,
    test_recommendations,
    test_refunds,
    test_reindex,
    test_transaction,
    test_webhooks,
    test_wishlist,
)


class TestPostgresDatabase(test_transaction.TestSqliteDatabase): ...


class TestPostgresAccountRepository(test_accounts.TestSqliteAccountRepository): ...


class TestPostgresCredentialRequests(test_accounts.TestSqliteCredentialRequests): ...


class TestPostgresSecretStore(test_accounts.TestSqliteSecretStore): ...


class TestPostgresItemRepository(test_catalog.TestSqliteItemRepository): ...


class TestPostgresImportQueue(test_catalog.TestSqliteImportQueue): ...


class TestPostgresImages(test_images.TestSqliteImages): ...


class TestPostgresStockLedger(test_inventory.TestSqliteStockLedger): ...


class TestPostgresCartRepository(test_cart.TestSqliteCartRepository): ...


class TestPostgresOrderRepository(test_orders.TestSqliteOrderRepository): ...


class TestPostgresSellerOrders(test_orders.TestSqliteSellerOrders): ...


class TestPostgresSagaStore(test_checkout.TestSqliteSagaStore): ...


class TestPostgresOutbox(test_messaging.TestSqliteOutbox): ...


class TestPostgresLocalBroker(test_broker.TestLocalBroker): ...


class TestPostgresQueue(test_broker.TestSqliteQueue): ...


class TestPostgresInbox(test_messaging.TestSqliteInbox): ...


class TestPostgresNotificationRepository(test_notifications.TestSqliteNotificationRepository): ...


class TestPostgresReindexQueue(test_reindex.TestSqliteReindexQueue): ...


class TestPostgresPurchaseHistory(test_recommendations.TestSqlitePurchaseHistory): ...


class TestPostgresRecommendationModels(test_recommendations.TestSqliteRecommendationModels): ...


class TestPostgresWebhooks(test_webhooks.TestSqliteWebhooks): ...


class TestPostgresNoticeRepository(test_payment_notices.TestSqliteNoticeRepository): ...


class TestPostgresOrderHandles(test_payment_notices.TestSqliteOrderHandles): ...


class TestPostgresCallLog(test_audit.TestSqliteCallLog): ...


class TestPostgresDecisionLog(test_audit.TestSqliteDecisionLog): ...


class TestPostgresWishlistRepository(test_wishlist.TestSqliteWishlistRepository): ...


def test_no_suite_of_storage_is_left_out() -> None:
    modules = [
        module
        for module in globals().values()
        if inspect.ismodule(module) and module.__name__.startswith("tests.contracts")
    ]
    on_sqlite = {
        name for module in modules for name in vars(module) if name.startswith("TestSqlite")
    }
    assert {name.replace("Sqlite", "Postgres") for name in on_sqlite} <= globals().keys()
    assert len(on_sqlite) == 27


class TestPostgresRefundRepository(test_refunds.TestSqliteRefundRepository): ...


class TestPostgresLedgerRepository(test_ledger.TestSqliteLedgerRepository): ...
