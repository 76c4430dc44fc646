"""What is wrong with a recipe, in the words of whoever wrote it: the place without pydantic's names, and the nearest key."""

import difflib
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

MOST = 20
"""Faults that are told one by one."""

MOST_PLACES = 3
"""Places that a key which stands elsewhere is said to belong to."""


def explain(faults: Sequence[Any], kind: type[BaseModel], values: Mapping[str, Any]) -> str:
    """Every fault that pydantic found as `place: what is wrong`."""
    told = [_explain(fault, kind, values) for fault in faults[:MOST]]
    left = len(faults) - len(told)
    return "; ".join(told) + (f"; and {left} faults more" if left else "")


def _explain(fault: Any, kind: type[BaseModel], values: Mapping[str, Any]) -> str:
    tagged = [str(part) for part in fault["loc"]]
    place = _without_tags(tagged, values)
    if fault["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        return f"{'.'.join(place)}: unknown key{_hint(tagged, kind, values)}"
    if fault["type"] == "union_tag_not_found":
        return f"{'.'.join(place)}: its type is missing"
    if fault["type"] == "union_tag_invalid":
        known = fault["ctx"]["expected_tags"].replace("'", "")
        return f"{'.'.join(place)}: no type '{fault['ctx']['tag']}'; known are {known}"
    message = fault["msg"].removeprefix("Value error, ")
    return f"{'.'.join(place) or 'recipe'}: {message[:1].lower()}{message[1:]}"


def _hint(tagged: Sequence[str], kind: type[BaseModel], values: Mapping[str, Any]) -> str:
    """The key that may have been meant: one of the same table, or the places where a key of that name belongs."""
    key, here = tagged[-1], _keys_at(kind, tagged[:-1])
    if same := [each for each in here if _plain(each) == _plain(key)]:
        return f" (did you mean '{same[0]}'?)"
    elsewhere = [".".join(found) for found in _places(kind, values, ()) if _plain(found[-1]) == _plain(key)]
    if elsewhere:
        return f" (did you mean {' or '.join(map(repr, elsewhere[:MOST_PLACES]))}?)"
    near = difflib.get_close_matches(key.lower(), here, n=1, cutoff=0.5)
    return f" (did you mean '{near[0]}'?)" if near else ""


def _plain(key: str) -> str:
    """A key without what is easily written otherwise."""
    return key.lower().replace("-", "").replace("_", "").replace(" ", "")


def _without_tags(place: Sequence[str], values: Any) -> list[str]:
    """A place as the recipe's author wrote it.

    Pydantic puts the `type` of a table between the table and its keys, and what a plain value may be behind the value's key.
    """
    found: list[str] = []
    for part in place:
        if isinstance(values, str | int | float):
            break
        if isinstance(values, list | tuple):
            values = values[int(part)] if part.isdecimal() and int(part) < len(values) else None
        else:
            table = values if isinstance(values, Mapping) else {}
            if part not in table and part == table.get("type", found[-1] if found else None):
                continue
            values = table.get(part)
        found.append(part)
    return found


def _members(annotation: Any) -> Iterator[Any]:
    """What a value of the type may be, without `Annotated` and unions."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _members(get_args(annotation)[0])
    elif origin in (Union, types.UnionType):
        for each in get_args(annotation):
            yield from _members(each)
    else:
        yield annotation


def _tags(model: type[BaseModel]) -> tuple[str, ...]:
    """The values of its `type`; none where it has no such key."""
    named = model.model_fields.get("type")
    return tuple(str(each) for each in get_args(named.annotation)) if named else ()


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _keys_at(annotation: Any, place: Sequence[str]) -> list[str]:
    """Every key that is known at a place; a discriminated union adds the chosen type's name to the place."""
    found: list[str] = []
    members = list(_members(annotation))
    chosen = [each for each in members if _is_model(each) and place and place[0] in _tags(each)]
    for each in chosen or members:
        rest = place[1:] if chosen else place
        if is_dataclass(each) and not rest:
            found += [own.name for own in fields(each)]
        elif _is_model(each):
            if not rest:
                found += each.model_fields
            elif rest[0] in each.model_fields:
                found += _keys_at(each.model_fields[rest[0]].annotation, rest[1:])
        elif rest and get_origin(each) in (dict, tuple, list):
            found += _keys_at(get_args(each)[1 if get_origin(each) is dict else 0], rest[1:])
    return list(dict.fromkeys(found))


def _places(annotation: Any, values: Any, place: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Every place that a recipe of these values has, or could have."""
    table = values if isinstance(values, Mapping) else {}
    members = list(_members(annotation))
    tag = table.get("type", place[-1] if place else None)
    chosen = [each for each in members if _is_model(each) and tag in _tags(each)]
    models = [each for each in members if _is_model(each)]
    for each in chosen or (models if len(models) == 1 else []):
        for name, field in each.model_fields.items():
            yield (*place, name)
            yield from _places(field.annotation, table.get(name), (*place, name))
    for each in members:
        if get_origin(each) is dict:
            for name, value in table.items():
                yield from _places(get_args(each)[1], value, (*place, name))
