"""Requests that make sense: what is asked at random hardly ever names an item or an entity that is there."""

from __future__ import annotations

import random
from typing import Any

import httpx
import schemathesis

from cdkd_kg.curation.verbs import VERBS
from tests.curation.web.server import TOKEN
from tests.graph.helpers import EX

ENTITIES = ["flu", "influenza", "cold", "gout", "pain", "aspirin", "viral disease", EX + "flu", EX + "disease"]
BEARER = {"Authorization": f"Bearer {TOKEN}"}


class Sensible:
    """What can be asked of a server of the small graph of the tests.

    Args:
        address: of the server.
    """

    def __init__(self, address: str) -> None:
        self._client = httpx.Client(base_url=address, headers=BEARER, timeout=30)
        self._chosen, self._names = random.Random(0), 0

    def make(self, case: schemathesis.Case) -> None:
        """Put something into a request that is there."""
        body: dict[str, str | list[str]] = {}
        seen, chosen = self._get("/api/items", most=1)["seen"], self._chosen
        match case.operation.method.upper(), case.path:
            case _, "/api/items/{name}":
                case.path_parameters = {"name": chosen.choice(self._items())["id"]}
            case _, "/api/entity":
                case.query = {"name": chosen.choice(ENTITIES)}
            case "POST", "/api/decisions":
                verb = chosen.choice(list(VERBS))
                body = {"verb": verb, "words": self._words(verb), "why": chosen.choice(["", "he limps"])}
            case "POST", "/api/undo":
                made = self.decide("add-alias", ["flu", self._name()], seen)
                seen, body = made["number"], {"decision": chosen.choice([str(made["number"]), made["id"]])}
        if body:
            case.body, case.media_type = dict(body), "application/json"
            case.headers.update({"If-Match": f'"{seen}"', "X-CDKD-Curator": chosen.choice(["ada", "bob", "Zo%C3%AB"])})

    def decide(self, verb: str, words: list[str], seen: int) -> dict[str, Any]:
        """Decide."""
        return self._post("/api/decisions", {"verb": verb, "words": words}, seen)

    def undo(self, decided: dict[str, Any]) -> None:
        """Undo a decision, so that there is as much to decide on as before."""
        self._post("/api/undo", {"decision": decided["id"]}, decided["number"])

    def _words(self, verb: str) -> list[str]:
        words, chosen = list[str](), self._chosen
        kind = {"change-relation": "relation", "split": "mention", "link": "mention", "create": "mention"}.get(verb)
        item = chosen.choice(
            [one for one in self._items() if kind in (None, one["kind"]) and one["nil"] != "ambiguous"]
        )
        for word in VERBS[verb].words.split():
            match word.strip("[]"):
                case "ITEM":
                    words.append(item["id"])
                case "ENTITY" if verb == "split":
                    words.append(item["meaning"])
                case "ENTITY" if verb == "drop-alias":
                    words.append("flu")
                case "NAME" if verb == "drop-alias":
                    words.append("influenza")
                case "NAME":
                    words.append(self._name())
                case "PREDICATE":
                    words.append(chosen.choice(["have", "treats", EX + "treats"]))
                case "LANGUAGE":
                    words += chosen.choice([[], ["de"]])
                case "INSTEAD":
                    words += chosen.choice([[], ["pain"]])
                case _:
                    words.append(chosen.choice(ENTITIES))
        return words

    def _items(self) -> list[dict[str, Any]]:
        return list(self._get("/api/items", most=1000)["items"])

    def _name(self) -> str:
        self._names += 1
        return f"name {self._names}"

    def _get(self, path: str, **asked: int) -> dict[str, Any]:
        return dict(self._client.get(path, params=asked).json())

    def _post(self, path: str, body: dict[str, Any], seen: int) -> dict[str, Any]:
        return dict(self._client.post(path, json=body, headers={"If-Match": f'"{seen}"'}).raise_for_status().json())
