"""The index is looked after by the one process that writes it."""

from commerce_worker.reindex import IndexKeeper


class Index:
    """Another process has it until it is *free*."""

    def __init__(self) -> None:
        self.free = False

    def claim_writing(self) -> bool:
        return self.free


class Jobs:
    """Notes what was asked of the reindexer."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def ensure(self) -> None:
        self.calls.append("ensure")

    def run_once(self, limit: int) -> int:
        self.calls.append(f"run {limit}")
        return 1


def test_as_long_as_another_process_has_the_index_no_job_is_taken() -> None:
    index, jobs = Index(), Jobs()
    assert IndexKeeper(index, jobs).run_once(10) == 0
    assert jobs.calls == []


def test_whether_the_index_is_complete_is_checked_once_when_it_is_taken() -> None:
    index, jobs = Index(), Jobs()
    keeper = IndexKeeper(index, jobs)
    keeper.run_once(10)
    index.free = True
    assert [keeper.run_once(10), keeper.run_once(20)] == [1, 1]
    assert jobs.calls == ["ensure", "run 10", "run 20"]
