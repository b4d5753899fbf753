"""Asks until an answer is good, and says each time why it is not. What options say is tried first."""

from collections.abc import Callable
from typing import TypeVar

import typer

from maskgate.config import ConfigError

T = TypeVar("T")


class Talk:
    """With a person at a terminal, or (`alone`) with options only: then what is wrong ends it."""

    def __init__(self, *, alone: bool) -> None:
        self.alone = alone

    def ask(
        self,
        question: str,
        check: Callable[[str], T],
        *,
        option: str,
        given: str | None = None,
        default: str | None = None,
        secret: bool = False,
    ) -> T:
        """Return what `check` makes of the answer; raises `ConfigError` where nobody can be asked again.

        A check says what is wrong by a `ConfigError`. Without a `default` an answer must be given; an empty one lets
        Enter alone say "nothing".
        """
        while True:
            text = given if given is not None else self._answer(question, option, default, secret=secret)
            try:
                return check(text.strip())
            except ConfigError as error:
                if self.alone:
                    raise ConfigError(f"{option}: {error}") from error
                self.say(f"  No: {error}")
            given = None

    def choose(self, question: str, *, default: bool) -> bool:
        """Ask yes or no; alone, the default stands."""
        return default if self.alone else typer.confirm(question, default=default)

    def again(self, error: ConfigError) -> None:
        """Say why several answers together are not good, before they are asked for again; alone, end it."""
        if self.alone:
            raise error
        self.say(f"  No: {error}")

    def say(self, text: str) -> None:
        """Tell something."""
        typer.echo(text)

    def _answer(self, question: str, option: str, default: str | None, *, secret: bool) -> str:
        if self.alone:
            if default is None:
                raise ConfigError(f"{option}: is missing; give it, or leave --yes out and be asked")
            return default
        shown = default if default and not secret else None
        answer: str = typer.prompt(
            question, default=default, hide_input=secret, show_default=bool(shown),
            prompt_suffix=": " if shown or default is None else " (Enter for none): ",
        )  # fmt: skip
        return answer
