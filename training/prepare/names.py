"""What other people call the three states."""

import re
from collections.abc import Iterable, Mapping

from maskgate.states import MODEL_STATES, MaskState
from training.data import DataError

#: A face that is there but must neither be learnt nor counted (COCO `iscrowd`).
IGNORE = "ignore"
#: What is no face at all, or nothing that concerns us: forgotten.
REMOVE = "remove"
#: What a class name may be mapped to.
MEANINGS = (*(state.value for state in MODEL_STATES), IGNORE, REMOVE)

#: Spellings met in public sets, after `plain`. `face_nask` stands in AIZOO's annotations for `face_mask`;
#: cmfd and imfd are the halves of MaskedFace-Net; good, bad and none come from sets with one word per state.
_SPELLINGS: Mapping[MaskState, str] = {
    MaskState.MASK: (
        "mask masked with_mask withmask face_mask facemask face_nask face_with_mask with_face_mask wearing_mask "
        "mask_on maskon good correct correct_mask correctly_worn mask_weared_correct mask_worn_correctly properly_worn "
        "proper compliant cmfd con_mascarilla"
    ),
    MaskState.INCORRECT: (
        "incorrect incorrect_mask mask_incorrect mask_weared_incorrect weared_incorrect mask_worn_incorrectly "
        "worn_incorrectly incorrectly_worn incorrectly_masked improper improper_mask improperly_worn partial "
        "partially_masked bad bad_mask wrong wrong_mask wrongly_worn imfd mascarilla_mal_puesta"
    ),
    MaskState.NO_MASK: (
        "no_mask nomask without_mask withoutmask unmasked not_masked face face_no_mask no_face_mask face_without_mask "
        "without_face_mask mask_off maskoff bare bare_face non_mask none sin_mascarilla"
    ),
}
_MEANING_OF = {word: state.value for state, words in _SPELLINGS.items() for word in words.split()}


def plain(name: str) -> str:
    """The name in small letters, its words joined by one underscore each: `No-Mask ` is `no_mask`."""
    return re.sub(r"[\s\-_.]+", "_", name.strip().lower()).strip("_")


def parse_map(entries: Iterable[str]) -> dict[str, str]:
    """`name=state` entries as a table from plain name to meaning; the last entry of a name counts.

    Raises DataError for an entry without `=` or with a meaning that is none of `MEANINGS`.
    """
    table = {}
    for entry in entries:
        name, equals, meaning = entry.rpartition("=")
        if not equals or not plain(name) or meaning.strip() not in MEANINGS:
            raise DataError(f"--map {entry}: not name=state; state is one of {', '.join(MEANINGS)}")
        table[plain(name)] = meaning.strip()
    return table


def meaning_of(name: str, mapped: Mapping[str, str] | None = None) -> str | None:
    """One of `MEANINGS`, or None for a name that neither `mapped` nor the table of spellings knows."""
    key = plain(name)
    return (mapped or {}).get(key) or _MEANING_OF.get(key)


def meanings(found: Mapping[str, int], mapped: Mapping[str, str], place: str) -> dict[str, str]:
    """The meaning of every class name in `found` (name to how often it occurs).

    Raises DataError that lists all names of `place` when one is unknown.
    """
    result = {name: meaning for name in found if (meaning := meaning_of(name, mapped))}
    unknown = [name for name in found if name not in result]
    if unknown:
        listed = ", ".join(f"{name!r} ({count}x)" for name, count in sorted(found.items()))
        raise DataError(
            f"{place}: unknown class {', '.join(repr(name) for name in sorted(unknown))}; found were {listed}; "
            f"say what it means, for example --map {min(unknown)}=mask (or {', '.join(MEANINGS[1:])})"
        )
    return result
