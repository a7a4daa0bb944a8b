"""Texts to calibrated probabilities: texts of like length share a batch, and batches run side by side."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from cdkd_kg.errors import ConfigError
from cdkd_kg.inference.bundle import TOKENIZER, Bundle, Form, open_bundle
from cdkd_kg.inference.runtime import Tokens, open_runtime

Text = str | tuple[str, str]
"""A text, or the two texts that a label is about."""
Domains = str | None | Sequence[str | None]
CHUNK, BATCH_TOKENS, BATCH_TEXTS = 2048, 512, 32
"""Texts that are sorted by length together, and the most tokens and texts of a batch: what a core has at hand."""
CHARACTERS = 8
"""So many a token are enough for all that is read of most texts, with some to spare."""


_KINDS = {"text": "one text", "pair": "two texts", "": "neither a text nor a pair of texts"}


class Prediction(NamedTuple):
    """What a student says of a text.

    Attributes:
        probabilities: ``[C]``, calibrated; they sum to 1 unless labels are independent.
        tokens: how many were read, special ones among them.
        truncated: whether the text has more than were read.
        ids: of the tokens.
    """

    probabilities: NDArray[np.float32]
    tokens: int
    truncated: bool
    ids: Sequence[int]


class Predictor:
    """A student that answers texts.

    Args:
        bundle: an exported one.
        form: what computes; None takes the fastest that is there.
        threads: batches at a time; None is one a core.

    Raises:
        MissingResourceError: there is no such form, or what it needs is not installed.

    Example:
        >>> predictor = Predictor.from_pretrained("models/topic")  # doctest: +SKIP
        >>> predictor.predict(["The team won the final."], domain="newsgroups")[0].probabilities  # doctest: +SKIP
    """

    def __init__(self, bundle: Bundle, form: Form | None = None, threads: int | None = None) -> None:
        self.bundle, self.form = bundle, bundle.form(form)
        self.threads = threads or os.cpu_count() or 1
        self._tokenizer = load_tokenizer(bundle.folder, bundle.max_length)
        self._run = open_runtime(bundle.folder, self.form)
        self._pool = ThreadPoolExecutor(self.threads, thread_name_prefix="cdkd-predict")

    @classmethod
    def from_pretrained(cls, folder: str | Path, form: Form | None = None, threads: int | None = None) -> Self:
        """Return the predictor of a bundle in a folder, which is checked; see :func:`open_bundle`."""
        return cls(open_bundle(folder), form, threads)

    def predict(self, texts: Sequence[Text], domain: Domains = None) -> list[Prediction]:
        """Return what the student says of texts, in their order, calibrated for their domain.

        Args:
            texts: any number of them.
            domain: of all of them, or one a text; None is none in particular.

        Raises:
            ConfigError: the bundle knows no such domain, or a text is none that it reads.
        """
        self.check(texts)
        names = [domain] * len(texts) if domain is None or isinstance(domain, str) else domain
        if len(names) != len(texts):
            raise ConfigError(
                f"{len(names)} domains for {len(texts)} texts", where="domain", remedy="name one, or one for each text"
            )
        temperatures = np.array([self.bundle.temperature(name) for name in names], dtype=np.float32)
        encodings = encode(self._tokenizer, texts)
        shares = probabilities(self._logits(encodings) / temperatures[:, None], self.bundle.multi_label)
        return [
            Prediction(share, len(one.ids), bool(one.overflowing), one.ids)
            for share, one in zip(shares, encodings, strict=True)
        ]

    def logits(self, texts: Sequence[Text]) -> NDArray[np.float32]:
        """Return logits ``[N, C]`` of texts, in their order, as the student gives them.

        While a chunk of texts is computed the next one is turned into tokens.

        Raises:
            ConfigError: a text is none that the student reads.
        """
        self.check(texts)
        chunks = [texts[begin : begin + CHUNK] for begin in range(0, len(texts), CHUNK)]
        if not chunks:
            return np.zeros((0, len(self.bundle.labels)), dtype=np.float32)
        with ThreadPoolExecutor(1) as ahead:
            waiting = [ahead.submit(encode, self._tokenizer, chunk) for chunk in chunks]
            return np.concatenate([self._logits(one.result()) for one in waiting])

    def check(self, texts: Sequence[Text]) -> None:
        """Refuse what the student cannot read.

        Raises:
            ConfigError: one text where it reads two, or two where it reads one; or a text in place of a list of texts.
        """
        if isinstance(texts, str):
            raise ConfigError("one text was given, and not a list", where="texts", remedy="give [text]")
        for place, text in enumerate(texts):
            kind = kind_of(text)
            if kind not in self.bundle.reads:
                raise ConfigError(
                    f"this is {_KINDS[kind]}, and the student reads {_KINDS[self.bundle.reads[0]]} at a time",
                    where=f"texts.{place}",
                    remedy=f"give {_KINDS[self.bundle.reads[0]]}",
                )

    def batches(self, texts: Sequence[Text]) -> Iterator[Tokens]:
        """Yield the tokens of texts in the batches that a runtime is asked about."""
        encodings = encode(self._tokenizer, texts)
        for batch in by_length([len(one.ids) for one in encodings]):
            yield self._padded([encodings[place] for place in batch])

    def token_counts(self, texts: Sequence[Text]) -> list[int]:
        """Return how often each token of the vocabulary occurs in what is read of texts."""
        found = Counter(token for one in encode(self._tokenizer, texts) for token in one.ids)
        return [found[token] for token in range(self._tokenizer.get_vocab_size())]

    def close(self) -> None:
        """Let its threads go."""
        self._pool.shutdown()

    def _logits(self, encodings: Sequence[Encoding]) -> NDArray[np.float32]:
        logits = np.zeros((len(encodings), len(self.bundle.labels)), dtype=np.float32)
        batches = by_length([len(one.ids) for one in encodings])
        # Alone, a batch is computed here: who asks from threads of its own has its batches side by side already.
        runs = (map if min(self.threads, len(batches)) == 1 else self._pool.map)(
            lambda batch: self._run(self._padded([encodings[place] for place in batch])), batches
        )
        for batch, answer in zip(batches, runs, strict=True):
            logits[batch] = answer
        return logits

    def _padded(self, encodings: Sequence[Encoding]) -> Tokens:
        """Return tokens ``[B, T]`` with T the length of the longest; the model does not look at what the mask hides."""
        shape = len(encodings), max(len(one.ids) for one in encodings)
        tokens = {
            "input_ids": np.full(shape, self.bundle.about["pad_token_id"], dtype=np.int64),
            "attention_mask": np.zeros(shape, dtype=np.int64),
            "token_type_ids": np.zeros(shape, dtype=np.int64),
        }
        for row, one in enumerate(encodings):
            size = len(one.ids)
            tokens["input_ids"][row, :size] = one.ids
            tokens["attention_mask"][row, :size] = 1
            tokens["token_type_ids"][row, :size] = one.type_ids
        return tokens


def load_tokenizer(folder: Path, max_length: int) -> Tokenizer:
    """Return the tokenizer of a bundle, which cuts the longer of two texts first, as training did."""
    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length, strategy="longest_first")
    return tokenizer


def kind_of(text: object) -> str:
    """Return whether this is a ``text`` or a ``pair``; "" where it is neither."""
    if isinstance(text, str):
        return "text"
    is_pair = isinstance(text, tuple | list) and len(text) == 2 and all(isinstance(part, str) for part in text)
    return "pair" if is_pair else ""


def encode(tokenizer: Tokenizer, texts: Sequence[Text]) -> list[Encoding]:
    """Return the tokens of texts, cut to what is read.

    Of a long text the beginning is turned into tokens, up to a space: words are tokens by themselves, so that where it
    has more than is read the rest changes nothing. Where it has not, the whole text is turned into tokens.
    """
    texts = list(texts)
    truncation = tokenizer.truncation
    if truncation is None or not _splits_words(tokenizer):
        return _encoded(tokenizer, texts)
    most = CHARACTERS * truncation["max_length"]
    encodings = _encoded(tokenizer, [_beginning(text, most) for text in texts])
    again = [place for place, text in enumerate(texts) if len(text) > most and not encodings[place].overflowing]
    for place, one in zip(again, _encoded(tokenizer, [texts[place] for place in again]), strict=True):
        encodings[place] = one
    return encodings


def _encoded(tokenizer: Tokenizer, texts: Sequence[Text]) -> list[Encoding]:
    """Return the tokens of texts; one alone is turned into tokens here, which takes less than to hand it out."""
    if len(texts) == 1:
        one = texts[0]
        return [tokenizer.encode(one) if isinstance(one, str) else tokenizer.encode(*one)]
    return list(tokenizer.encode_batch(texts)) if texts else []


def _splits_words(tokenizer: Tokenizer) -> bool:
    """Return whether no token reaches over a space."""
    splitter = tokenizer.pre_tokenizer
    return splitter is not None and len(splitter.pre_tokenize_str("a b")) > 1


def _beginning(text: Text, most: int) -> Text:
    """Return whole words of at most so many characters; of two texts both, as which one is cut depends on the other."""
    if not isinstance(text, str) or len(text) <= most:
        return text
    return text[:most].rpartition(" ")[0].rstrip() or text


def by_length(lengths: Sequence[int]) -> list[list[int]]:
    """Return the places of texts in batches, the longest texts first.

    The longest go first so that no thread is left with a long batch at the end.

    Example:
        >>> by_length([3, 500, 5, 250])
        [[1], [3, 2], [0]]
    """
    batches: list[list[int]] = []
    room = 0
    for place in sorted(range(len(lengths)), key=lambda place: (-lengths[place], place)):
        if not batches or len(batches[-1]) >= room:
            batches.append([])
            room = max(1, min(BATCH_TEXTS, BATCH_TOKENS // max(lengths[place], 1)))
        batches[-1].append(place)
    return batches


def probabilities(logits: NDArray[np.floating], multi_label: bool) -> NDArray[np.float32]:
    """Return the softmax of calibrated logits ``[N, C]``, or their sigmoid where labels are independent."""
    # As `cdkd_kg.teachers.calibration.as_probabilities`, without SciPy, which a service need not have.
    wide = logits.astype(np.float64)
    if multi_label:
        return np.asarray(1 / (1 + np.exp(-wide)), dtype=np.float32)
    odds = np.exp(wide - wide.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True), dtype=np.float32)
