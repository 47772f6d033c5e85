"""The promise of a search index."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from commerce_core.kernel.ids import ItemId, JobId
from commerce_core.kernel.transaction import Transaction
from commerce_core.search.model import Document, Explanation, Query, Reindex, ResultPage, Suggestion


class SearchIndex(Protocol):
    """Finds items. It holds nothing that could not be rebuilt from the catalogue.

    A term finds what has its words in any text: name, description, brand, category, tags, options
    and attributes; whatever has all of them comes before what has some, and a name counts more than
    a description. Any text is a term, and none is an error.

    * Capitals, accents and ways to encode a letter do not matter, in any script; ``ue`` and ``ü``,
      ``ae`` and ``ä``, ``ss`` and ``ß`` and their like find each other. ``C``, ``C++`` and ``C#``
      are three words.
    * Singular and plural of English words find each other, irregular ones too.
    * The beginning of a word finds it, behind whole words. Where a script has no blanks, and in
      German compounds, a part of a word finds it.
    * A word that is nowhere is taken for a near one, and ``did_you_mean`` says so; one that is
      somewhere never is.
    * Filters compare whole values: capitals, blanks that are too many and ways to encode a letter
      do not matter, accents do.
    * Highlights mark the words that were found; what else stands there is escaped.

    Raises:
        SearchUnavailable: from every method, when the engine does not answer.
    """

    @abstractmethod
    def claim_writing(self) -> bool:
        """Be the process that writes the index from now on, unless another one is; whether this one
        is. Idempotent.

        An index that any number of processes may write always answers yes.
        """

    @abstractmethod
    def put(self, documents: Sequence[Document]) -> None:
        """Take *documents*, durably; visible a moment later. Idempotent: one that is not newer than
        what is known changes nothing.

        While an index is being rebuilt they go into both.
        """

    @abstractmethod
    def versions(self, item_ids: Sequence[ItemId]) -> Mapping[ItemId, int]:
        """The versions that a search would show now (of unlisted items too); unknown ones are
        missing. Changes nothing.
        """

    @abstractmethod
    def find(self, query: Query) -> ResultPage:
        """A page of hits. Exact SKU, code or item id first, then by relevance or the sort asked
        for.

        A cursor goes on in the state of the index that its first page saw: nothing is repeated or
        skipped while items are written. Changes nothing.

        Raises:
            BadCursor: not a cursor of this list, or of another query.
            CursorExpired: that state is not kept any more.
        """

    @abstractmethod
    def cached(self, query: Query) -> ResultPage | None:
        """The page that :meth:`find` would answer, if it is kept from before; ``None``: it is not,
        or may be out of date.

        Waits for nothing, asks no server and raises nothing. Changes nothing.
        """

    @abstractmethod
    def suggest(self, prefix: str, size: int) -> Sequence[Suggestion]:
        """At most *size* things to search for that begin with, or hold a word that begins with,
        *prefix*, whatever its capitals and accents; none for an empty one. Words are shown with
        their accents, in small letters. Nothing that is not listed. Changes nothing.
        """

    @abstractmethod
    def explain(self, term: str, size: int) -> Sequence[Explanation]:
        """The first *size* hits for *term* and where their scores come from: the parts sum up to
        the score. Changes nothing.
        """

    @property
    @abstractmethod
    def needs_rebuild(self) -> bool:
        """Whether it lacks what was there before: it was begun empty, or cannot be read by this
        version of the program.
        """

    @abstractmethod
    def begin_rebuild(self) -> ItemId | None:
        """Begin a new index beside the one in use, or go on with one that was begun; the last item
        that it has (``None``: none).
        """

    @abstractmethod
    def rebuild(self, documents: Sequence[Document]) -> None:
        """Add *documents*, by item id behind all that were added before, to the new index.
        Idempotent as :meth:`put` is.
        """

    @abstractmethod
    def finish_rebuild(self) -> None:
        """Use the new index from now on and forget the old one. Idempotent."""


class ReindexQueue(Protocol):
    """Reindex requests, for the one process that writes the index."""

    @abstractmethod
    def insert(self, tx: Transaction, job: Reindex) -> None:
        """Write down a wish. Idempotent: one with an id that is known stays as it stands."""

    @abstractmethod
    def newest(self, tx: Transaction) -> Reindex | None:
        """The wish that was made last; ``None``: there was none yet. Changes nothing."""

    @abstractmethod
    def load(self, tx: Transaction, job_id: JobId) -> Reindex | None:
        """The job as it stands."""

    @abstractmethod
    def claim(self, tx: Transaction, now: datetime, lease_until: datetime) -> Reindex | None:
        """Take the oldest unfinished job that nobody holds a lease on; it is running, and its fence
        is raised.

        A lease holds at its end too. One that ends later than any that was taken before *now* could
        was taken by a clock that was wrong, and is void.
        """

    @abstractmethod
    def save(self, tx: Transaction, job: Reindex, lease_until: datetime | None) -> bool:
        """Write how far a job has come, if its fence is still the newest; whether it was."""

    @abstractmethod
    def drop_ended(self, tx: Transaction, before: datetime, limit: int) -> int:
        """Forget up to *limit* jobs that ended before *before*, never the newest of all; how many.

        Idempotent.
        """
