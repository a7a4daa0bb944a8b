"""Files of ``graphs/`` that the code reads are there, in a checkout and in a wheel."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from cdkd_kg.graph.shipped import shipped

ROOT = Path(__file__).parents[2]


def test_what_is_read_from_graphs_is_put_into_the_wheel() -> None:
    code = "".join(path.read_text("utf-8") for path in sorted((ROOT / "cdkd_kg").rglob("*.py")))
    names = set(re.findall(r"\bshipped\(\"([^\"]+)\"\)", code))
    assert names == {"relations.ttl", "shapes.ttl"}
    build = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]
    included = build["targets"]["wheel"]["force-include"]
    for name in names:
        assert shipped(name).is_file()
        assert included[f"graphs/{name}"] == f"cdkd_kg/graph/{name}"
