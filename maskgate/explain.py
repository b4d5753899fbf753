"""What is wrong with a configuration, in one line per fault: file, line, field, value, what is wrong, the mend."""

import difflib
from collections.abc import Iterator, Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

#: A step of pydantic's way to a fault that is no key of the file: a validator, or one kind of several.
_NO_KEYS = ("function-", "literal[", "nullable", "lax-or-strict", "kind:")

Place = tuple[str | int, ...]


class FieldError(ValueError):
    """Faults that a check of several fields together found; each stands where it is to be mended."""

    def __init__(self, *faults: tuple[Place, str]) -> None:
        """Each fault: the way to the field from the checked section, and `what is wrong; the mend`."""
        super().__init__("\n".join(text for _, text in faults))
        self.faults = faults


def explain(error: ValidationError, document: Any, model: type[BaseModel], name: str) -> Iterator[str]:
    """Yield a line for each fault, in the order of the file."""
    found = error.errors(include_url=False)
    # A list whose items are wrong counts as empty to pydantic; that is no fault of its own.
    deeper = {fault["loc"][:n] for fault in found for n in range(len(fault["loc"]))}
    faults = []
    for fault in found:
        cause = fault.get("ctx", {}).get("error")
        if isinstance(cause, FieldError):
            faults += [(*_place((*fault["loc"], *way), document), text) for way, text in cause.faults]
        elif fault["loc"] not in deeper:
            place, line = _place(fault["loc"], document)
            faults.append((place, line, _text(fault, place, model)))
    for place, line, text in sorted(faults, key=lambda one: one[1]):
        yield f"{name}:{line}: {'.'.join(map(str, place)) or 'the whole file'}: {text}"


def _place(location: Sequence[str | int], document: Any) -> tuple[Place, int]:
    """Return the way to a field without what is no key of the file, and its line."""
    place = tuple(part for part in location if not str(part).startswith(_NO_KEYS))
    return place, line_of(place, document)


def line_of(place: Place, document: Any) -> int:
    """Return the 1-based line of the deepest part of `place` that stands in a document of ruamel's."""
    line = 1
    for part in place:
        marks = getattr(document, "lc", None)
        try:
            if marks is not None:
                line = (marks.key(part) if isinstance(document, dict) else marks.item(part))[0] + 1
            document = document[part]
        except (KeyError, IndexError, TypeError):
            break
    return line


def _text(fault: Any, place: Place, model: type[BaseModel]) -> str:
    given, kind = fault["input"], fault["type"]
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(str(place[-1]), _keys_at(model, place[:-1]), n=1)
        return "unknown key; " + (f"did you mean {near[0]}?" if near else "remove it")
    if kind == "missing":
        return "is missing; add it"
    if kind == "union_tag_invalid":
        tags = fault["ctx"]["expected_tags"].replace("kind:", "")
        return f"has a driver that is not known; write one of {tags}"
    shown = "" if isinstance(given, (dict, list)) or _is_secret(place) else f"{given!r} "
    if kind == "value_error":
        # Our own; it says the mend itself.
        return shown + str(fault["msg"]).removeprefix("Value error, ")
    mend = _mend(kind, fault.get("ctx", {}), given)
    return f"{shown}is not accepted; {mend}" if mend else f"{shown}is not accepted: {fault['msg']}; change it"


def _mend(kind: str, context: dict[str, Any], given: Any) -> str | None:
    """Say what to write instead."""
    if kind in {"enum", "literal_error"}:
        words = str(context["expected"])
        near = difflib.get_close_matches(str(given), words.replace("'", "").replace(" or ", ", ").split(", "), n=1)
        return f"did you mean {near[0]}? Known are {words}" if near else f"write one of {words}"
    if mend := _LIMITS.get(kind):
        return mend.format_map(context)
    return next((mend for beginning, mend in _KINDS.items() if kind.startswith(beginning)), None)


_LIMITS = {
    "greater_than_equal": "write {ge} or more",
    "greater_than": "write more than {gt}",
    "less_than_equal": "write {le} or less",
    "less_than": "write less than {lt}",
    "string_pattern_mismatch": "write it in the form {pattern}",
    "string_too_short": "write at least {min_length} characters",
    "string_too_long": "write at most {max_length} characters",
    "too_short": "write at least {min_length} entries",
    "too_long": "write at most {max_length} entries",
    "finite_number": "write a number that ends",
}
_KINDS = {
    "int": "write a whole number",
    "float": "write a number",
    "bool": "write true or false",
    "string": "write a text, in quotes where it looks like something else",
    "path": "write the path of a file",
    "date": "write a date like 2026-12-24",
    "model": "write keys and values below it",
    "dict": "write keys and values below it",
    "tuple": "write a list, like [a, b]",
    "list": "write a list, like [a, b]",
    "frozen_set": "write a list, like [a, b]",
    "set": "write a list, like [a, b]",
}


def _is_secret(place: Place) -> bool:
    return any(word in str(place[-1:]).lower() for word in ("password", "secret", "token", "url", "database"))


def _keys_at(model: Any, place: Place) -> list[str]:
    """Return the keys that `model` knows at `place`."""
    kinds = _models_in(model)
    for part in place:
        if isinstance(part, str):
            kinds = [
                kind for m in kinds if part in m.model_fields for kind in _models_in(m.model_fields[part].annotation)
            ]
    return [field.alias or key for kind in kinds for key, field in kind.model_fields.items()]


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    """Return the models that an annotation speaks of: itself, or inside Annotated, optional and lists."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [kind for part in get_args(annotation) for kind in _models_in(part)]
