"""Goes into a copy of the function's package: the key of a payment says by which of the variants it is taken.

So all of them run in the same environment, over the same connections, in turns of single payments. With the journal
the product's own code runs as it stands; it has no such switch itself. Nothing of the package is imported here.
"""

from __future__ import annotations

from typing import Any

WITHOUT, WITH, STRICT = "without", "with", "strict"
VARIANTS = (WITHOUT, WITH, STRICT)
#: What is added to the handler, which has made `api`.
INSTALLED = "\nfrom . import journal_variant\n\njournal_variant.install(api)\n"


class Chooser:
    """Stands before Durability: without the journal nothing is asked, nothing looked up, nothing kept."""

    def __init__(self, durability: Any) -> None:
        self._durability, self._available = durability, not durability._strict
        self.variant = WITH

    def choose(self, key: str) -> None:
        """For the payment that comes next; an environment handles one at a time."""
        first = key.partition("-")[0]
        self.variant = first if first in VARIANTS else WITH
        self._durability._strict = self.variant == STRICT or not self._available

    def __getattr__(self, name: str) -> Any:
        """What is no part of a payment is as it was."""
        return getattr(self._durability, name)

    def admit(self) -> Any:
        return None if self.variant == WITHOUT else self._durability.admit()

    def recall(self, key: str, epoch: Any) -> Any:
        return None if self.variant == WITHOUT else self._durability.recall(key, epoch)

    def keep(self, entry: Any, epoch: Any) -> bool:
        return True if self.variant == WITHOUT else self._durability.keep(entry, epoch)


def install(api: Any) -> None:
    """Have every request choose before it is answered."""
    chooser = api._durability = Chooser(api._durability)
    answer = api.answer

    def answering(request: Any, seconds: float) -> Any:
        chooser.choose("".join(request.headers.get("idempotency-key", ())))
        return answer(request, seconds)

    api.answer = answering
