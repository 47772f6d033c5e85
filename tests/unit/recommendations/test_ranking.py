"""Who gets what, in which order."""

import pytest

from commerce_core.kernel.ids import ItemId
from commerce_core.recommendations import Basket, Learning, Neighbour, ReasonKind
from commerce_core.recommendations.service.ranking import beside, most_popular, personal

A, B, C, D = (ItemId(name) for name in "abcd")
NEAR = {A: [Neighbour(C, 0.5), Neighbour(B, 0.25)], D: [Neighbour(C, 0.125), Neighbour(B, 0.125)]}
LEARNING = Learning(popular_weight=0.1)


def test_what_goes_with_several_things_that_were_bought_adds_up() -> None:
    found = personal([A, D], NEAR, [], LEARNING)
    assert [(c.item_id, c.kind, c.because) for c in found] == [
        (C, ReasonKind.BECAUSE_YOU_BOUGHT, A),
        (B, ReasonKind.BECAUSE_YOU_BOUGHT, A),
    ]
    assert [c.score for c in found] == [pytest.approx(1.0), pytest.approx(0.375 / 0.625)]


def test_popularity_counts_a_little() -> None:
    found = personal([A], NEAR, [(B, 1.0), (D, 0.5)], LEARNING)
    assert [(c.item_id, c.score) for c in found] == [
        (C, pytest.approx(1.0)),
        (B, pytest.approx(0.6)),
        (D, pytest.approx(0.05)),
    ]
    assert found[-1].kind is ReasonKind.POPULAR


def test_of_whom_nothing_is_known_gets_what_is_popular() -> None:
    found = personal([], {}, [(B, 0.5), (D, 1.0)], LEARNING)
    assert [(c.item_id, c.score, c.kind) for c in found] == [
        (D, 1.0, ReasonKind.POPULAR),
        (B, 0.5, ReasonKind.POPULAR),
    ]


def test_beside_an_item_stands_what_is_bought_with_it() -> None:
    found = beside(A, NEAR[A])
    assert [(c.item_id, c.kind, c.because) for c in found] == [
        (C, ReasonKind.BOUGHT_WITH, A),
        (B, ReasonKind.BOUGHT_WITH, A),
    ]


def test_ties_go_by_id() -> None:
    assert [i for i, _ in most_popular({A: 1.0, B: 2.0, C: 2.0})] == [C, B, A]
    assert [c.item_id for c in personal([D], NEAR, [], LEARNING)] == [B, C]


def test_an_order_of_five_hundred_lines_is_cut_into_ten_of_fifty() -> None:
    pieces = Basket([ItemId(str(no)) for no in range(500)], 1.0).pieces()
    assert [len(piece.items) for piece in pieces] == [50] * 10
    assert {piece.weight for piece in pieces} == {50**-0.5}
    assert sorted(i for piece in pieces for i in piece.items) == sorted(map(str, range(500)))
    assert Basket([], 1.0).pieces() == []
