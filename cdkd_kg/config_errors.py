"""What is wrong with a configuration, in our words: file and line or command line, key, and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from cdkd_kg.errors import ConfigError, nearest

DATA_SUFFIXES = (".csv", ".jsonl", ".ndjson", ".parquet")
KINDS = {
    "tuple_type": ("it must be a list", "write it in brackets, such as [a, b]"),
    "dict_type": ("it must be a section of keys", "write {key: value}, or each key on a line of its own below it"),
    "model_type": ("it must be a section of keys", "write {key: value}, or each key on a line of its own below it"),
    "path_type": ("it must be a path", 'write a file or folder; put one that is a number in quotes, such as "2024"'),
    "int_type": ("it must be a whole number", "write it without quotes, such as 3"),
    "int_parsing": ("it must be a whole number", "write it without quotes, such as 3"),
    "int_from_float": ("it must be a whole number", "write it without a point, such as 3"),
    "float_type": ("it must be a number", "write it with a point and without quotes, such as 0.5"),
    "float_parsing": ("it must be a number", "write it with a point and without quotes, such as 0.5"),
    "bool_type": ("it must be true or false", "write true or false"),
    "bool_parsing": ("it must be true or false", "write true or false"),
    "string_type": (
        "it must be text",
        'put it in quotes, labels too, such as ["yes", "no"] or "1": without quotes YAML reads yes, no, on, off, true '
        "and false as truth values, and digits as numbers",
    ),
}
"""What a kind of error of pydantic means here, and the remedy."""

BOUNDS = ("greater_than", "greater_than_equal", "less_than", "less_than_equal")


def need_yaml(path: Path) -> None:
    """Refuse what cannot be a configuration: a file that is not there, a folder, or a file of rows.

    Raises:
        ConfigError: saying what was given, and what to give.
    """
    if path.suffix.lower() in DATA_SUFFIXES:
        kind = path.suffix[1:].upper()
        raise ConfigError(
            f"this is a {kind} file, not a configuration",
            where=str(path),
            remedy="name it as the path of a domain's source in a configuration; see configs/own_data.yaml",
        )
    if path.is_dir():
        raise ConfigError("this is a folder, not a configuration", where=str(path), remedy="give a YAML file")
    if not path.is_file():
        raise ConfigError("there is no such configuration file", where=str(path), remedy="see configs/ for examples")


def override_error(override: str, error: Exception) -> ConfigError:
    """Return what is said of an override that cannot be read."""
    return ConfigError(
        f"an override is written key=value, got {override!r}",
        where="command line",
        why=" ".join(str(error).split()),
        remedy="write it like 'seeds=[0,1]' or teachers.text.max_length=64, in quotes where the shell would change it",
    )


def yaml_error(error: Exception, path: Path) -> ConfigError:
    """Return what is said of a file that is no YAML mapping."""
    mark = getattr(error, "problem_mark", None)
    return ConfigError(
        "the configuration is not a YAML mapping",
        where=str(path) + (f", line {mark.line + 1}" if mark else ""),
        why=" ".join(str(error).split()),
        remedy="write `key: value` with a space after the colon, indent by spaces alone, and close brackets and "
        "quotes, such as `seeds: [0, 1]`",
    )


def unresolved_error(full_key: str, why: str, path: Path) -> ConfigError:
    """Return what is said of a ``${...}`` that stands for nothing."""
    keys = re.findall(r"[^.\[\]]+", full_key)
    where = f"{path}, line {_line_of(path, keys)}: {full_key}" if keys else str(path)
    found = re.search(r"Environment variable '(\w+)' not found", why)
    if not found:
        return ConfigError("the configuration cannot be resolved", where=where, why=why, remedy="correct the ${...}")
    name, value = found[1], str(_value_at(path, keys))
    file = re.search(rf"\$\{{oc\.env:{name}\}}/(.+)", value)
    names = f"it names the folder of {file[1]}" if file else f"it is read for {value!r}"
    return ConfigError(
        f"the environment variable {name} is not set",
        where=where,
        why=names,
        remedy=f"`export {name}=<folder>`" if file else f"`export {name}=<value>`",
    )


def config_error(
    error: ValidationError, path: Path, overridden: Sequence[str], root: type[BaseModel], below: Sequence[str] = ()
) -> ConfigError:
    """Return what is said of the first wrong key of a configuration.

    Args:
        error: of pydantic.
        path: the YAML file.
        overridden: the keys of the command line.
        root: the model of the whole configuration.
        below: the keys under which the file has the configuration, where it is a part of it.
    """
    first = _most_telling(error)
    keys = [str(key) for key in first["loc"] if key != "[key]"]
    where = _where(path, [*below, *keys], overridden, len(below) + len(keys) - (first["type"] == "missing"))
    if first["type"] == "extra_forbidden":
        known = _fields_at(root, keys[:-1])
        what = f"unknown key {keys[-1]!r}{nearest(keys[-1], known)}"
        parts = keys[-1].split(".")
        nested = ": {".join(parts) + ": ..." + "}" * (len(parts) - 1)
        remedy = f"known keys: {', '.join(known)}" if len(parts) == 1 else f"write keys one inside the other, {nested}"
        return ConfigError(what, where=where, remedy=remedy)
    if first["type"] == "missing":
        return ConfigError(f"the key {keys[-1]!r} is missing", where=where, remedy="add it")
    what, remedy = _said(first)
    why = f"got {first['input']!r}" if isinstance(first["input"], str | int | float) else ""
    return ConfigError(what, where=where, why=why, remedy=remedy)


def _said(found: Mapping[str, Any]) -> tuple[str, str]:
    kind, given, context = found["type"], found["input"], found.get("ctx", {})
    if kind in KINDS:
        return KINDS[kind]
    if kind == "literal_error":
        expected = str(context["expected"])
        name, _, rest = str(given).partition(":")
        if rest and f"'{name}'" in expected:
            return f"there is no space after the colon in {given!r}", f"write {name}: {rest}"
        close = nearest(str(given), re.findall(r"'([^']*)'", expected))
        return f"it must be {expected}{close}", "correct this key"
    if kind == "string_pattern_mismatch":
        return "it has a character that a name may not have, or too many", f"write {_letters(context['pattern'])}"
    if kind in BOUNDS:
        bound = str(found["msg"]).removeprefix("Input should be ")
        return f"it must be {bound}", f"write a number that is {bound}"
    what, _, remedy = str(found["msg"]).removeprefix("Value error, ").partition("; ")
    return what, remedy or "correct this key"


def _most_telling(error: ValidationError) -> Mapping[str, Any]:
    """Return the first error, but of a key that is missing and one that nobody knows the latter: it may be a slip."""
    found = error.errors(include_url=False)
    beside = [one for one in found if len(one["loc"]) == len(found[0]["loc"]) and one["type"] == "extra_forbidden"]
    return beside[0] if beside and found[0]["type"] == "missing" else found[0]


def _letters(pattern: str) -> str:
    """Say in words what ``^[...]{1,n}$`` allows."""
    inside, most = pattern.removeprefix("^[").removesuffix("}$").split("]{1,")
    case = "letters" if "A-Z" in inside else "lower-case letters"
    signs = " ".join(re.sub(r"A-Z|a-z|0-9", "", inside))
    return f"1 to {most} {case}, digits and {signs} alone"


def _where(path: Path, keys: Sequence[str], overridden: Sequence[str], given: int) -> str:
    """Return the place of a key: the command line where it, or the section it belongs to, stands only there.

    Of a section that stands in the file, keys of the command line that belong to it are named beside the line.
    ``given`` is how many of ``keys`` were written by somebody.
    """
    dotted, written = ".".join(keys), "".join(f"{key}." for key in keys[:given])
    above = any(written.startswith(f"{key}.") for key in overridden)
    below = [key for key in overridden if key.startswith(written)]
    if above or (below and _value_at(path, keys[:given]) is None):
        return f"command line: {dotted if above or given < len(keys) else below[0]}"
    line = f"{path}, line {_line_of(path, keys)}" + (f": {dotted}" if dotted else "")
    return f"{line}, with {', '.join(below)} of the command line" if below and given == len(keys) else line


def _fields_at(root: type[BaseModel], keys: Sequence[str]) -> list[str]:
    model: Any = root
    for key in keys:
        field = getattr(model, "model_fields", {}).get(key)
        if field is not None:
            model = field.annotation
        if not hasattr(model, "model_fields"):  # a dict of models: its last argument is the model
            model = next((arg for arg in getattr(model, "__args__", ()) if hasattr(arg, "model_fields")), model)
    return sorted(getattr(model, "model_fields", {}))


def _line_of(path: Path, keys: Sequence[str]) -> int:
    return _walk(path, keys)[0]


def _value_at(path: Path, keys: Sequence[str]) -> Any:
    """Return the value of a key as the file has it; None where it has no such key."""
    node = _walk(path, keys)[1]
    return None if node is None else node.value


def _walk(path: Path, keys: Sequence[str]) -> tuple[int, Any]:
    import yaml

    node = yaml.compose(path.read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    line = 1
    for key in keys:
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        found = next(((name, value) for name, value in pairs if name.value == key), None)
        if found is None:
            items = node.value if isinstance(node, yaml.SequenceNode) else []
            if not (key.isdigit() and int(key) < len(items)):
                return line, None
            node = items[int(key)]
            line = node.start_mark.line + 1
        else:
            line, node = found[0].start_mark.line + 1, found[1]
    return line, node
