"""What every maker of ids and of secrets promises."""

import string
import uuid
from abc import abstractmethod
from concurrent.futures import ThreadPoolExecutor

import pytest

from commerce_core.accounts import TokenFactory
from commerce_core.kernel.ids import IdFactory, is_id


class IdFactoryContract:
    """Give ``ids``."""

    @pytest.fixture
    @abstractmethod
    def ids(self) -> IdFactory:
        """The factory to examine."""

    def test_an_id_is_a_uuid_of_version_seven(self, ids: IdFactory) -> None:
        text = ids.new()
        assert is_id(text)
        parsed = uuid.UUID(text)
        assert (parsed.version, parsed.variant, str(parsed)) == (7, uuid.RFC_4122, text)

    def test_each_id_sorts_behind_the_one_before(self, ids: IdFactory) -> None:
        made = [ids.new() for _ in range(5_000)]
        assert made == sorted(set(made))

    def test_threads_never_get_the_same_id(self, ids: IdFactory) -> None:
        with ThreadPoolExecutor(8) as pool:
            parts = [
                part.result() for part in [pool.submit(self._five_hundred, ids) for _ in range(16)]
            ]
        assert len({made for part in parts for made in part}) == 16 * 500
        assert all(part == sorted(part) for part in parts)

    def _five_hundred(self, ids: IdFactory) -> list[str]:
        return [ids.new() for _ in range(500)]


class TokenFactoryContract:
    """Give ``tokens``."""

    @pytest.fixture
    @abstractmethod
    def tokens(self) -> TokenFactory:
        """The factory to examine."""

    def test_a_token_is_never_given_out_twice(self, tokens: TokenFactory) -> None:
        assert len({tokens.new() for _ in range(1_000)}) == 1_000

    def test_a_token_is_long_and_safe_in_a_header(self, tokens: TokenFactory) -> None:
        token = tokens.new()
        assert len(token) >= 22  # 128 bits in base64
        assert set(token) <= set(string.ascii_letters + string.digits + "-_")
