"""Events are of the class that everybody imports."""

import gc

import attrs

from commerce_core.kernel.codec import decode_event
from commerce_core.kernel.events import Event


def test_an_event_is_of_its_imported_class_while_the_class_that_it_was_made_of_is_left() -> None:
    gc.disable()
    try:

        @attrs.frozen(kw_only=True)
        class Found(Event):
            name = "test.found.v1"
            what: str

            @property
            def partition_key(self) -> str:
                return self.what

        named = [kind for kind in Event.__subclasses__() if kind.__name__ == "Found"]
        assert len(named) == 2, "nothing is left to be taken for it"
        assert type(decode_event("test.found.v1", {"what": "a"})) is Found
    finally:
        gc.enable()
