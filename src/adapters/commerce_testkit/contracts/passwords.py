"""What every password hasher promises."""

from abc import abstractmethod

import pytest

from commerce_core.accounts import PasswordHasher


class PasswordHasherContract:
    """Give ``hasher``."""

    @pytest.fixture
    @abstractmethod
    def hasher(self) -> PasswordHasher:
        """The hasher to examine."""

    def test_a_password_is_known_by_its_hash_and_no_other_is(self, hasher: PasswordHasher) -> None:
        kept = hasher.hash("correct horse battery")
        assert hasher.verify(kept, "correct horse battery") is True
        assert hasher.verify(kept, "correct horse batterz") is False
        assert hasher.verify(kept, "") is False

    def test_a_hash_tells_neither_the_password_nor_who_else_has_it(
        self, hasher: PasswordHasher
    ) -> None:
        first, second = hasher.hash("correct horse battery"), hasher.hash("correct horse battery")
        assert first != second
        assert "correct" not in first
        assert hasher.verify(second, "correct horse battery")

    def test_any_text_can_be_a_password(self, hasher: PasswordHasher) -> None:
        for password in (
            "\u0645\u0641\u062a\u0627\u062d",
            "\N{GRINNING FACE}" * 200,
            "$1$",
            "a" * 1_000,
        ):
            assert hasher.verify(hasher.hash(password), password)
