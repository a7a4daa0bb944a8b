"""What the service takes and gives, as its OpenAPI description has it."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, field_validator

LONGEST, MOST = 100_000, 1_000
"""Characters of a text, and texts of a call."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Pair(_Strict):
    """Two texts that a label is about, such as a premise and a hypothesis."""

    text: str = Field(min_length=1, max_length=LONGEST)
    text_pair: str = Field(min_length=1, max_length=LONGEST)


def _kind(value: object) -> str:
    return "pair" if isinstance(value, dict | Pair) else "text"


One = Annotated[
    Annotated[str, Field(min_length=1, max_length=LONGEST), Tag("text")] | Annotated[Pair, Tag("pair")],
    Discriminator(_kind),
]


class Asked(_Strict):
    """Texts to classify, in the name of a domain that the bundle knows, or of none."""

    texts: list[One] = Field(min_length=1, max_length=MOST)
    domain: str | None = None
    abstain_below: float | None = Field(
        None,
        ge=0,
        le=1,
        description="Give no label where it is less probable; in place of the service's own threshold.",
    )

    @field_validator("texts")
    @classmethod
    def _say_something(cls, texts: list[One]) -> list[One]:
        for place, one in enumerate(texts):
            for part in (one,) if isinstance(one, str) else (one.text, one.text_pair):
                if not part.strip():
                    raise ValueError(f"text {place} is empty")
        return texts


class Answer(BaseModel):
    """What is said of a text; ``labels`` is empty where it abstained, or where of independent labels none holds."""

    id: str = Field(description="By which feedback names it.")
    labels: list[str]
    probabilities: dict[str, float] = Field(description="Calibrated for the domain.")
    abstained: bool
    truncated: bool = Field(description="Whether the text has more than what is read.")


class Answers(BaseModel):
    """Answers in the order of the texts, and which bundle gave them."""

    bundle: str
    predictions: list[Answer]


class Feedback(_Strict):
    """What somebody says a text is; the last of several holds."""

    prediction: str = Field(pattern="^[0-9a-f]{32}$", description="The id of a prediction.")
    labels: list[str] = Field(max_length=1000)
    who: str = Field("", max_length=200)
    note: str = Field("", max_length=10_000)


class FeedbackKept(BaseModel):
    """The number under which feedback is kept; it is on the disk."""

    feedback: int


class Health(BaseModel):
    """What runs here."""

    status: str
    version: str = Field(description="Of cdkd_kg.")
    bundle: str
    replaced: bool = Field(description="Whether another bundle lies in its place by now: start again to serve that.")
    form: str
    task: str
    labels: list[str]
    multi_label: bool
    domains: list[str]
    waiting: int
    keeps_feedback: bool


class Problem(BaseModel):
    """Why there is no answer (RFC 9457)."""

    title: str
    status: int
    detail: str
