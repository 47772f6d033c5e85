"""What everything that sends webhooks promises."""

from abc import abstractmethod
from datetime import UTC, datetime
from typing import Final

import pytest

from commerce_core.kernel.errors import Rejected
from commerce_core.kernel.ids import MessageId
from commerce_core.webhooks import ANSWERS_WITHIN, Post, Receivers

ELSEWHERE: Final = (
    "https://127.0.0.1/hook", "https://169.254.169.254/latest/meta-data", "https://[::1]/",
    "https://2130706433/", "https://user@hooks.example.com/", "https://hooks.example.com./",
    "ftp://hooks.example.com/", "https://hooks.example.com:22/",
)  # fmt: skip


class ReceiversContract:
    """Give ``receivers``, which send to the public internet alone."""

    @pytest.fixture
    @abstractmethod
    def receivers(self) -> Receivers:
        """What is to be examined."""

    def test_an_address_on_the_public_internet_passes(self, receivers: Receivers) -> None:
        receivers.check("https://93.184.215.14/hook?a=1")

    @pytest.mark.parametrize("url", ELSEWHERE)
    def test_what_leads_elsewhere_is_refused_and_not_repeated(
        self, receivers: Receivers, url: str
    ) -> None:
        with pytest.raises(Rejected) as refused:
            receivers.check(url)
        assert url not in str(refused.value)

    @pytest.mark.parametrize("url", ELSEWHERE)
    def test_nothing_is_sent_there_either_and_the_answer_says_why(
        self, receivers: Receivers, url: str
    ) -> None:
        post = Post(
            url=url, id=MessageId("id"), at=datetime(2026, 1, 1, tzinfo=UTC), body="{}", secrets=()
        )
        answer = receivers.post(post).result(ANSWERS_WITHIN.total_seconds())
        assert (answer.status, answer.is_success) == (None, False)
        assert answer.error
        assert url not in answer.error
