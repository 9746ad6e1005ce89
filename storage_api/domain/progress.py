"""How long work tells how far it is, and learns that it must stop."""

from abc import ABC, abstractmethod


class WorkStopped(Exception):
    """Whoever does the work is to leave it as it is: a later call goes on from there."""


class Progress(ABC):
    """What a piece of work is given beside its task; safe to use from several threads."""

    @abstractmethod
    def expect(self, more: int) -> None:
        """So many more steps are known to be ahead."""

    @abstractmethod
    def advance(self, steps: int = 1) -> None:
        """So many steps are done.

        Raises:
            WorkStopped: somebody cancelled the work, or it is not ours any more.
        """

    @abstractmethod
    def report(self, error: str) -> None:
        """Something could not be done and is left; the work goes on, and fails at its end."""
