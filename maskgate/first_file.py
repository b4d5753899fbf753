"""Settings written as comments: key, default and meaning, for the first file of a node or a hub."""

from collections.abc import Iterator
from enum import Enum
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined


def commented(key: str, field: FieldInfo, indent: str = "") -> Iterator[str]:
    """Yield the commented lines of a setting, or of a whole section below `indent`."""
    section, key = _section(field.annotation), field.alias or key
    about = ". ".join(part.rstrip(".") for part in (field.title, field.description) if part)
    if section is None:
        yield f"# {indent}{key}: {_written(field)}{f'  # {about}.' if about else ''}\n"
        return
    yield f"# {indent}{key}:  # {(section.__doc__ or '').strip().splitlines()[0]}\n"
    for inner, settings in section.model_fields.items():
        yield from commented(inner, settings, indent + "  ")


def _section(annotation: Any) -> type[BaseModel] | None:
    """Return the section that a field is, or may be; a list of sections is a value like any other."""
    if get_origin(annotation) in {tuple, list, set, frozenset}:
        return None
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _section(part))), None)


def _written(field: FieldInfo) -> str:
    """Return the default as YAML writes it."""
    value = field.get_default(call_default_factory=True)
    if value is PydanticUndefined or value is None:
        return "..." if value is PydanticUndefined else "null"
    if isinstance(value, tuple | frozenset):
        words = [str(one.value if isinstance(one, Enum) else one) for one in value]
        return f"[{', '.join(sorted(words) if isinstance(value, frozenset) else words)}]"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value.value if isinstance(value, Enum) else value)
