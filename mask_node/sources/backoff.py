"""How long to wait before a lost camera is tried again. Pure: times in seconds in, pauses out."""

from dataclasses import dataclass, replace

FIRST_S, LAST_S = 0.5, 10.0
#: A camera that gave pictures for so long was well; one that gives a few and dies is not hurried.
STEADY_S = 5.0


@dataclass(frozen=True, slots=True)
class BackOff:
    """The pause doubles with every failure, from `FIRST_S` to `LAST_S`, and is short again after a steady time."""

    pause: float = FIRST_S
    up_since: float | None = None

    def came(self, now: float) -> "BackOff":
        """A picture came."""
        return self if self.up_since is not None else replace(self, up_since=now)

    def failed(self, now: float) -> tuple[float, "BackOff"]:
        """Return the seconds to wait now, and what is known afterwards."""
        steady = self.up_since is not None and now - self.up_since >= STEADY_S
        pause = FIRST_S if steady else self.pause
        return pause, BackOff(min(2 * pause, LAST_S))
