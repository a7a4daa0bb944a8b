"""Of the texts of a new domain a fifth is held out, whatever they come with; a split that they bring stays."""

import csv
from collections import Counter

import pytest

from cdkd_kg.config import CorpusConfig, DomainConfig, SourceConfig
from cdkd_kg.corpus.build import check_corpus
from cdkd_kg.renewal.held_out import with_held_out


def _held_out(folder, rows):
    """Return how many rows each split has, where a domain of these rows joins."""
    file = folder / "texts.csv"
    with file.open("w", newline="") as handle:
        table = csv.DictWriter(handle, fieldnames=sorted(rows[0]))
        table.writeheader()
        table.writerows(rows)
    tasks = {"topic": {"labels": ["sport", "business"]}}
    domain = DomainConfig(task="topic", role="target", source=SourceConfig(path=file))
    news = {"task": "topic", "source": {"path": file}}
    corpus = CorpusConfig.model_validate({"tasks": tasks, "domains": {"news": news}})
    source = with_held_out("mails", domain, corpus, ("text",), folder / "out")
    assert source == with_held_out("mails", domain, corpus, ("text",), folder / "out")
    joined = corpus.model_copy(update={"domains": {"mails": domain.model_copy(update={"source": source})}})
    found, _ = check_corpus(joined)
    return Counter({split: len(found.dataset[split]) for split in found.dataset})


def _rows(number, **more):
    return [
        {"text": f"text number {place}"} | {key: value(place) for key, value in more.items()} for place in range(number)
    ]


@pytest.mark.parametrize(("number", "expected"), [(2, 1), (3, 1), (40, 8), (1000, 200)])
def test_a_fifth_of_what_nobody_labelled_is_held_out(tmp_path, number, expected):
    assert _held_out(tmp_path, _rows(number)) == Counter(train=number - expected, test=expected)


def test_labels_that_draw_a_test_of_their_own_are_counted_in(tmp_path):
    label = {"label": lambda place: ("sport", "business")[place % 2]}
    assert _held_out(tmp_path, _rows(1000, **label))["test"] == 200
    few = {"label": lambda place: ("sport", "business")[place % 2] if place < 50 else ""}
    assert _held_out(tmp_path, _rows(1000, **few))["test"] == 200


def test_a_test_split_that_the_data_bring_stays(tmp_path):
    split = {"split": lambda place: "test" if place < 30 else "train"}
    assert _held_out(tmp_path, _rows(1000, **split)) == Counter(train=970, test=30)
