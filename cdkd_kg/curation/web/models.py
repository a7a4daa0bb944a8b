"""What goes in and out of the programming interface."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from cdkd_kg.curation.verbs import VERBS


class Asked(BaseModel):
    """A decision that is asked for."""

    model_config = ConfigDict(extra="forbid", str_max_length=2000)

    verb: str = Field(description="What is done.", examples=["accept"], json_schema_extra={"enum": list(VERBS)})
    words: list[str] = Field(
        max_length=8, description="What the verb takes, as on the command line.", examples=[["25fdb5"]]
    )
    why: str = Field("", description="In your words.")


class Undoing(BaseModel):
    """A decision that is to be undone."""

    model_config = ConfigDict(extra="forbid", str_max_length=2000)

    decision: str = Field(description="Its number, or the first digits of its id.", examples=["12"])
    why: str = Field("", description="In your words.")


class Decided(BaseModel):
    """A decision that was taken."""

    number: int
    id: str
    kind: str
    label: str
    about: list[str]
    accepts: list[str]
    rejects: list[str]
    undoes: str
    who: str
    at: str
    why: str
    base: str
    undone: bool = False


class Items(BaseModel):
    """What there is to decide on; ``seen`` goes into ``If-Match`` of a decision.

    ``changed`` says that others have written the graph since it was loaded.
    """

    seen: int
    changed: bool
    open: int
    skipped: int
    items: list[dict[str, Any]]


class Agreed(BaseModel):
    """How far two people agree on what both have judged; ``kappa`` is Cohen's."""

    one: str
    other: str
    judged: int
    observed: float
    kappa: float | None


class Agreements(BaseModel):
    """How far people agree, and what each said of the mentions and relations that are in dispute."""

    agreement: list[Agreed]
    disputed: dict[str, dict[str, str]]


class Found(BaseModel):
    """An entity that was looked for."""

    iri: str
    name: str
    preferred: str


class Exported(BaseModel):
    """Where the decisions were written."""

    file: str


class Problem(BaseModel):
    """Why something was not done (RFC 9457)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    theirs: list[Decided] = Field(default_factory=list, description="What others decided meanwhile.")
    yours: dict[str, Any] | None = Field(None, description="What was asked for.")
