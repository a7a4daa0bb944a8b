"""Queries that users write: SELECT, ASK and CONSTRUCT over what is here, within limits of time and rows.

The query runs in a process of its own, which opens the graph for reading alone and is ended when its time is up.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cdkd_kg.artifacts import aside_of, sweep
from cdkd_kg.errors import ConfigError, GraphError, nearest
from cdkd_kg.graph.decisions.settle import is_curated
from cdkd_kg.graph.folder import STORE, graph_folder, need_graph
from cdkd_kg.graph.stores.port import Bound

SECONDS, ROWS, WAIT = 30.0, 10_000, 5.0
FORMS = ("SELECT", "ASK", "CONSTRUCT")
UPDATES = frozenset({"ADD", "CLEAR", "COPY", "CREATE", "DELETE", "DROP", "INSERT", "LOAD", "MOVE", "WITH"})
REFUSED = frozenset(
    {"SERVICE", "FROM", "LOAD", "INSERT", "DELETE", "DROP", "CLEAR", "CREATE", "COPY", "MOVE", "ADD", "DESCRIBE"}
)
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
_TOKEN = re.compile(
    r"""
    (?P<iri> <[^<>"{}|^`\\\x00-\x20]*> )
    | (?P<text> \"\"\"(?:\"{0,2}(?:[^"\\]|\\.))*\"\"\" | '''(?:'{0,2}(?:[^'\\]|\\.))*'''
              | "(?:[^"\\\n\r]|\\.)*" | '(?:[^'\\\n\r]|\\.)*' )
    | (?P<comment> \#[^\n\r]* )
    | (?P<variable> [?$]\w+ )
    | (?P<name> [\w.-]*:[\w.:%\\-]* )
    | (?P<word> @?[A-Za-z_]\w* )
    | (?P<other> . )
    """,
    re.VERBOSE | re.DOTALL,
)


def user_query(
    folder: Path | str,
    text: str,
    bindings: Mapping[str, Bound] | None = None,
    *,
    seconds: float = SECONDS,
    rows: int = ROWS,
) -> dict[str, Any]:
    """Answer a query over what holds in the graph of a folder.

    Args:
        folder: of the graph.
        text: SPARQL 1.1 SELECT, ASK or CONSTRUCT, without SERVICE and FROM; ``skos:``, ``rdfs:`` and the other prefixes
            of :mod:`cdkd_kg.graph.namespaces` need no PREFIX.
        bindings: variable -> value; it is bound, not written into the text, and must be selected.
        seconds: how long it may take.
        rows: how many rows are returned at most.

    Returns:
        ``{"variables": [...], "rows": [[term or null, ...], ...], "more": bool}`` with terms as in N-Triples; for ASK
        ``{"answer": bool}``; for CONSTRUCT the variables are subject, predicate and object.

    Raises:
        ConfigError: the query is refused, or it is no SPARQL.
        MissingResourceError: there is no graph in the folder.
        GraphError: its time was up, the graph cannot be read, or another process has it open for longer than 5 s.
    """
    need_graph(Path(folder))
    wait = min(WAIT, seconds / 2)
    if is_curated(Path(folder)):
        with graph_folder(folder, wait=wait):
            pass  # now it says what was decided
    store = Path(folder) / STORE
    sweep(store.parent, STORE)
    aside = aside_of(store)
    task = {
        "store": str(store),
        "aside": str(aside),
        "name": Path(folder).resolve().name,
        "query": checked_query(text),
        "bindings": {name: str(value) for name, value in (bindings or {}).items()},
        "rows": rows,
        "wait": wait,
    }
    try:
        answer = _answer(task, seconds)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    if "busy" in answer:
        raise GraphError(
            "the query could not be answered",
            where=str(folder),
            why="another process, or this one, has the graph open and may write to it",
            remedy="ask again when it is done",
        )
    if "refused" in answer:
        raise ConfigError("this is not a query that can be asked", where="query", why=_told(answer["refused"]))
    return answer


def _told(why: str) -> str:
    """Return what the parser says, without the long list of all that it would have taken."""
    if "its SELECT projection" in why:
        return f"{why} A variable can be bound only if it is selected."
    told = why.partition("expected one of")[0].rstrip(" :") if len(why) > 300 else why
    return told + ("; is a prefix missing?" if "Prefix not found" in why else "")


def _answer(task: dict[str, Any], seconds: float) -> dict[str, Any]:
    worker = [sys.executable, "-m", "cdkd_kg.graph.query_worker"]
    try:
        done = subprocess.run(
            worker, input=json.dumps(task), capture_output=True, text=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise GraphError(
            f"the query took longer than {seconds:g} s", remedy="ask for less, bind more, or raise the limit of time"
        ) from error
    if done.returncode != 0:
        raise GraphError(
            "the query could not be answered",
            why=f"its process broke off (status {done.returncode}), most likely for want of memory: it has 4 GiB",
            remedy="ask for less: bind more, or leave the ordering of many rows away",
        )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def checked_query(text: str) -> str:
    """Return a query with its escapes resolved, or refuse it: by its words first, then by rdflib's parse of it.

    Raises:
        ConfigError: it is no SELECT, ASK or CONSTRUCT, reaches other graphs or servers, or is no SPARQL.
    """
    text = _ESCAPE.sub(lambda match: chr(int(match[1] or match[2], 16)), text)
    words = [match[0].upper() for match in _TOKEN.finditer(text) if match.lastgroup == "word"]
    forms = [word for word in words if word not in ("PREFIX", "BASE")]
    if not forms or forms[0] not in FORMS:
        first = forms[0] if forms else "nothing"
        if first in UPDATES:
            raise _refusal(f"it begins with {first}, which would change the graph; a query only asks")
        raise _refusal(f"it begins with {first}{nearest(first, FORMS)}; only SELECT, ASK and CONSTRUCT are answered")
    for word in words:
        if word in REFUSED:
            raise _refusal(f"{word} is not answered: a query sees this graph alone, and changes nothing")
    _check_parse(text)
    return text


def _check_parse(text: str) -> None:
    from pyparsing import ParseException
    from rdflib.plugins.sparql.parser import parseQuery
    from rdflib.plugins.sparql.parserutils import CompValue

    def visit(node: Any) -> None:
        if isinstance(node, CompValue):
            if node.name in ("ServiceGraphPattern", "DescribeQuery") or dict.get(node, "datasetClause"):
                raise _refusal("it reaches for other graphs or servers")
            for value in node.values():
                visit(value)
        elif isinstance(node, list | tuple) or hasattr(node, "as_list"):
            for value in node:
                visit(value)

    try:
        visit(parseQuery(text)[1])
    except (ParseException, RecursionError) as error:
        raise _refusal(" ".join(str(error).split())[:300]) from error


def _refusal(why: str) -> ConfigError:
    return ConfigError(
        "this is not a query that can be asked", where="query", why=why, remedy="write one SELECT, ASK or CONSTRUCT"
    )
