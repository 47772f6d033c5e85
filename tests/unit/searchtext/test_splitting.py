"""Where words end: the marks of every script belong to their letters."""

import re
import sys
import unicodedata

from commerce_searchtext import splitting


def test_the_marks_of_all_scripts_are_known_and_nothing_else_is_taken_for_one() -> None:
    marks = {c for c in map(chr, range(sys.maxunicode)) if unicodedata.category(c)[0] == "M"}
    assert len(marks) > 2_000
    known = re.compile(f"[{splitting._marks()}]")
    assert {c for c in map(chr, range(sys.maxunicode)) if known.match(c)} == marks
