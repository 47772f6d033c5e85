"""The tests that show what each line of the list says, by name: a number in the name of some other
test, which may be about something else, replaces none of them.

What lines 39 and later say in several parts is in :mod:`tests.acceptance.test_numbers`.
"""

from collections.abc import Mapping
from typing import Final

_ACCEPTANCE: Final = "integration/acceptance/test_"
_HTTP: Final = "integration/http/test_"
_RACES: Final = "integration/races/test_"
_FULL: Final = "e2e/full_stack/test_"
_OUTAGES: Final = "e2e/outages/test_outages.py::test_"

SHOWN_BY: Final[Mapping[int, tuple[str, ...]]] = {
    1: (
        f"{_RACES}stock.py::test_01_two_hundred_buyers_get_what_there_is_and_nobody_more",
        (
            "e2e/test_http_races.py::"
            "test_01_two_hundred_buyers_at_once_get_fifty_pieces_and_the_rest_a_clean_answer"
        ),
    ),
    2: (
        (
            f"{_RACES}stock.py::"
            "test_02_what_ran_out_between_cart_and_checkout_is_refused_before_any_payment_call"
        ),
    ),
    3: (f"{_ACCEPTANCE}stock.py::test_03_the_same_sku_on_two_lines_is_summed_before_the_check",),
    4: (f"{_RACES}stock.py::test_04_a_compensated_order_leaves_the_stock_as_it_was",),
    5: (
        f"{_RACES}stock.py::test_05_carts_with_the_same_skus_in_opposite_order_lose_nothing",
        f"{_RACES}processes.py::test_05_processes_that_place_carts_with_the_same_skus_lose_nothing",
    ),
    6: (f"{_RACES}stock.py::test_06_after_a_decline_another_card_buys_the_last_unit",),
    7: (
        f"{_RACES}stock.py::test_07_the_hot_launch_sells_every_unit_once",
        f"{_RACES}processes.py::test_07_processes_that_sell_one_hot_item_sell_every_unit_once",
    ),
    8: (
        (
            f"{_ACCEPTANCE}money.py::"
            "test_08_two_runners_and_a_look_up_complete_an_order_in_the_same_moment_once"
        ),
    ),
    9: (f"{_ACCEPTANCE}money.py::test_09_a_call_has_one_key_on_every_retry_and_path",),
    10: (
        (
            f"{_ACCEPTANCE}money.py::"
            "test_10_whatever_breaks_after_the_charge_the_buyer_has_the_order_or_the_money"
        ),
    ),
    11: (
        (
            f"{_ACCEPTANCE}timeouts.py::"
            "test_11_a_charge_whose_answer_was_lost_is_found_and_not_made_again"
        ),
        f"{_ACCEPTANCE}timeouts.py::test_11_an_order_whose_charge_timed_out_is_cancelled_for_good",
    ),
    12: (
        (
            f"{_ACCEPTANCE}money.py::"
            "test_12_a_price_that_changed_is_told_with_both_figures_and_nothing_is_reserved"
        ),
    ),
    13: (
        f"{_RACES}orders.py::test_13_a_double_click_makes_one_order",
        (
            "e2e/test_http_races.py::"
            "test_13_a_request_repeated_at_once_and_after_its_answer_was_lost_makes_one_order"
        ),
    ),
    14: (
        (
            f"{_ACCEPTANCE}money.py::"
            "test_14_a_refund_that_fails_is_retried_until_it_is_done_and_a_person_is_"
            "alarmed_meanwhile"
        ),
    ),
    15: (
        (
            f"{_ACCEPTANCE}money.py::"
            "test_15_no_call_goes_out_while_a_transaction_is_open_or_a_connection_is_held"
        ),
    ),
    16: (
        f"{_FULL}kill.py::test_16_every_promised_order_ends_properly_whichever_process_is_killed",
    ),
    17: (
        (
            f"{_FULL}workers.py::"
            "test_17_what_a_dead_worker_had_in_hand_is_done_by_another_within_the_lease"
        ),
        f"{_RACES}processes.py::test_17_runners_in_several_processes_charge_each_order_once",
    ),
    18: (
        (
            f"{_FULL}workers.py::"
            "test_18_workers_are_scaled_from_none_to_three_and_back_and_no_event_is_lost"
        ),
    ),
    19: (f"{_ACCEPTANCE}sagas.py::test_19_nothing_is_told_as_certain_that_is_undone_afterwards",),
    20: (
        f"{_OUTAGES}20_orders_are_accepted_all_the_time_while_the_broker_is_away",
        f"{_OUTAGES}20_a_broker_that_is_killed_with_confirms_in_flight_loses_nothing",
    ),
    21: (
        f"{_FULL}workers.py::test_21_a_message_that_cannot_be_read_is_parked_and_the_queue_goes_on",
    ),
    22: (f"{_FULL}workers.py::test_22_changes_are_found_within_a_second_while_many_are_written",),
    23: (
        (
            f"{_FULL}workers.py::"
            "test_23_what_is_written_during_a_reindex_is_there_though_the_indexer_is_killed"
        ),
    ),
    24: (
        "e2e/test_http_races.py::test_24_sold_out_is_seen_by_a_search_within_a_second_of_the_order",
    ),
    25: (f"{_ACCEPTANCE}search.py::test_25_an_exact_code_comes_before_every_near_word",),
    26: (f"{_ACCEPTANCE}search.py::test_26_names_and_skus_are_found_while_they_are_typed",),
    27: (
        (
            f"{_ACCEPTANCE}carts.py::"
            "test_27_adding_to_a_cart_costs_the_same_from_one_to_a_thousand_lines"
        ),
    ),
    28: (
        f"{_ACCEPTANCE}carts.py::test_28_a_guests_cart_goes_over_into_the_buyers_once",
        f"{_ACCEPTANCE}carts.py::test_28_nobody_inherits_a_guests_cart_or_sees_another",
    ),
    29: (
        (
            f"{_ACCEPTANCE}statements.py::"
            "test_29_an_operation_asks_the_database_as_often_for_much_as_for_little"
        ),
        f"{_ACCEPTANCE}statements.py::test_29_every_operation_has_a_row_here",
    ),
    30: (
        (
            f"{_ACCEPTANCE}imports.py::"
            "test_30_an_import_goes_on_behind_bad_rows_and_names_each_by_its_line"
        ),
        "unit/catalog/test_rows.py::test_30_numbers_are_exact",
    ),
    31: (
        f"{_HTTP}31_authorisation.py::test_31_a_route_answers_everybody_as_the_table_says",
        f"{_HTTP}31_authorisation.py::test_31_every_route_has_a_row",
    ),
    32: (
        f"{_HTTP}checkout.py::test_32_price_and_status_do_not_come_from_the_client",
        "unit/accounts/test_accounts.py::test_32_nobody_sets_what_is_not_theirs",
    ),
    33: (f"{_HTTP}33_card_numbers.py::test_33_a_card_number_is_in_no_file_no_log_and_no_answer",),
    34: (
        (
            f"{_ACCEPTANCE}stock.py::"
            "test_34_two_sellers_use_the_same_sku_for_two_items_with_two_stocks"
        ),
    ),
    35: (
        f"{_ACCEPTANCE}stock.py::test_35_a_receipt_sent_again_after_a_lost_answer_counts_once",
        (
            f"{_ACCEPTANCE}imports.py::"
            "test_35_an_import_sent_again_changes_nothing_and_never_overwrites_what_was_sold"
        ),
    ),
    36: (
        (
            f"{_RACES}orders.py::"
            "test_36_a_cart_that_is_edited_while_it_is_being_paid_becomes_the_edit_or_the_order"
        ),
    ),
    37: (
        f"{_ACCEPTANCE}imports.py::test_37_a_bad_row_of_an_import_spoils_only_itself",
        f"{_ACCEPTANCE}sagas.py::test_37_a_reply_that_cannot_be_stored_spoils_only_its_own_order",
    ),
    38: (
        f"{_FULL}workers.py::test_38_orders_go_on_at_the_gateway_where_they_began",
        (
            "integration/test_bootstrap.py::"
            "test_38_a_shop_does_not_open_without_the_gateway_of_an_unfinished_order"
        ),
    ),
}
