"""YAML to plain values.

Overrides are written ``section.key=value`` as on the command line; ``${oc.env:NAME}`` in a YAML file is the value of an
environment variable.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cdkd_kg.config_errors import need_yaml, override_error, unresolved_error, yaml_error


def read_yaml(path: Path, overrides: Sequence[str] = ()) -> Any:
    """Return what a YAML file says, with ``key=value`` overrides and the values of ``${oc.env:NAME}``.

    Raises:
        ConfigError: no such file, bad YAML, an unset variable, or an override that is none.
    """
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException
    from yaml import YAMLError

    need_yaml(path)
    given = _parse_overrides(overrides)
    try:
        return OmegaConf.to_container(OmegaConf.merge(OmegaConf.load(path), given), resolve=True)
    except OmegaConfBaseException as error:
        raise unresolved_error(error.full_key or "", str(error.msg or error).splitlines()[0], path) from error
    except (YAMLError, OSError, UnicodeDecodeError, TypeError, ValueError) as error:
        raise yaml_error(error, path) from error


def _parse_overrides(overrides: Sequence[str]) -> Any:
    from omegaconf import OmegaConf
    from yaml import YAMLError

    for override in overrides:
        try:
            if "=" not in override:
                raise ValueError("there is no =")
            OmegaConf.from_dotlist([override])
        except (YAMLError, ValueError) as error:
            raise override_error(override, error) from error
    return OmegaConf.from_dotlist(list(overrides))
