"""What a service saw becomes rows of domains: each text once, in one split for ever, with the label that holds."""

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdkd_kg.config import CorpusConfig, DomainConfig, SourceConfig
from cdkd_kg.corpus.budget import label_budget
from cdkd_kg.corpus.build import build_corpus, check_corpus
from cdkd_kg.errors import ConfigError
from cdkd_kg.renewal.rows import place_of
from cdkd_kg.renewal.served import served_domains, usable
from cdkd_kg.serving.store import Judged


def _texts(number, domain="news", labels=None, begin=0):
    return [Judged(f"{place:032x}", domain, f"text {place}", None, labels) for place in range(begin, begin + number)]


def _domains(folder):
    return {"news": DomainConfig(task="topic", source=SourceConfig(path=folder / "news.csv"))}


def _rows(domain):
    return [json.loads(line) for line in domain.source.path.read_text().splitlines()]


def test_a_domain_is_part_of_the_one_that_was_asked_for(tmp_path):
    texts = _texts(10, labels=["sport"]) + _texts(10, "", begin=10) + _texts(5, "other", begin=20)
    found = served_domains(texts, "topic", _domains(tmp_path), False, tmp_path / "served")
    assert {name: domain.part_of for name, domain in found.domains.items()} == {
        "news_served": "news",
        "served": "served",
    }
    assert (found.texts, found.judged) == (25, 10)


def test_texts_of_no_known_domain_are_one_domain(tmp_path):
    texts = _texts(3, "") + _texts(3, "elsewhere", begin=10)
    found = served_domains(texts, "topic", _domains(tmp_path), False, tmp_path)
    assert len(_rows(found.domains["served"])) == 6


def test_what_was_joined_before_stays_and_a_newer_judgement_holds(tmp_path):
    first = served_domains(_texts(4, labels=["sport"]), "topic", _domains(tmp_path), False, tmp_path / "served")
    again = _texts(1, labels=["business"]) + _texts(1, begin=1) + _texts(2, begin=9)
    second = served_domains(again, "topic", _domains(tmp_path) | first.domains, False, tmp_path / "served")
    labels = {row["text"]: row["label"] for row in _rows(second.domains["news_served"])}
    assert labels == {
        "text 0": "business", "text 1": "sport", "text 2": "sport", "text 3": "sport", "text 9": None, "text 10": None,
    }  # fmt: skip
    assert first.domains["news_served"].source.path.is_file()
    assert second.texts == 6


def test_the_same_texts_make_the_same_file(tmp_path):
    one, other = (
        served_domains(texts, "topic", {}, False, tmp_path / name).domains["served"].source.path
        for texts, name in ((_texts(9), "a"), (_texts(9)[::-1], "b"))
    )
    assert one.read_bytes() == other.read_bytes()
    assert one.name == other.name


@given(st.text(max_size=30), st.none() | st.text(max_size=9))
def test_a_text_has_its_place(text, pair):
    assert place_of(text, pair) == place_of(text, pair)


def test_texts_that_differ_in_white_space_are_one_and_keep_its_label(tmp_path):
    texts = [
        Judged("0" * 32, "", "the ball", None, ["sport"]),
        Judged("1" * 32, "", " the\tball ", None, None),
        *_texts(2, ""),
    ]
    rows = _rows(served_domains(texts, "topic", {}, False, tmp_path).domains["served"])
    assert len(rows) == 3
    assert {row["text"].strip().replace("\t", " "): row["label"] for row in rows}["the ball"] == "sport"


def test_the_places_have_their_shares():
    counts = Counter(place_of(f"text {number}", None) for number in range(5000))
    assert counts["test"] / 5000 == pytest.approx(0.2, abs=0.02)
    assert counts["validation"] / 5000 == pytest.approx(0.1, abs=0.02)


TASK = {"labels": ["sport", "business"]}


def _corpus(folder):
    """Return a corpus of one domain that is as it should be."""
    rows = "".join(f"b{place},base {place},{TASK['labels'][place % 2]}\n" for place in range(20))
    (folder / "news.csv").write_text("id,text,label\n" + rows)
    return CorpusConfig.model_validate({"tasks": {"topic": TASK}, "domains": _domains(folder)})


def test_texts_that_a_corpus_cannot_have_are_left_out_and_stop_nothing(tmp_path):
    texts = [
        *_texts(9, labels=["sport"]),
        Judged("0" * 32, "news", "a\0b", None, ["sport"]),
        Judged("1" * 32, "", "alone", None, ["sport"]),
    ]
    corpus = _corpus(tmp_path)
    served = served_domains(texts, "topic", corpus.domains, False, tmp_path / "served")
    found = usable(served, corpus, "topic")
    assert found.domains.keys() == {"news_served"}
    assert (found.texts, found.judged, found.left_out) == (9, 9, 2)


def test_one_text_is_too_few(tmp_path):
    corpus = _corpus(tmp_path)
    served = served_domains(_texts(1), "topic", corpus.domains, False, tmp_path / "served")
    with pytest.raises(ConfigError, match="too few texts that can be used"):
        usable(served, corpus, "topic")


def test_a_domain_of_ones_own_is_not_taken_for_what_a_service_saw(tmp_path):
    domains = _domains(tmp_path) | {"news_served": DomainConfig(task="topic", source=SourceConfig(name="bbc-news"))}
    with pytest.raises(ConfigError, match="of its own called 'news_served'"):
        served_domains(_texts(3), "topic", domains, False, tmp_path)


@pytest.mark.parametrize("multi_label", [False, True])
def test_a_corpus_reads_them_whatever_is_in_them(tmp_path, multi_label):
    odd = ['a "quoted" text', "two\nlines", "a\u2028b", "{}", "x,y;z", "日本語", " spaces  around "]
    texts = [Judged(f"{place:032x}", "", text, None, ["sport"]) for place, text in enumerate(odd * 1)] + _texts(30, "")
    found = served_domains(texts, "topic", {}, multi_label, tmp_path)
    task = {"labels": ["sport", "business"], "multi_label": multi_label}
    corpus, report = check_corpus(CorpusConfig.model_validate({"tasks": {"topic": task}, "domains": found.domains}))
    assert report.rows_in == report.rows_used == 37
    kept = {text for split in ("train", "validation", "test") for text in corpus.rows("topic", split)["text"][:]}
    assert {"日本語", "{}", 'a "quoted" text'} <= kept


def test_pairs_stay_pairs(tmp_path):
    texts = [Judged(f"{place:032x}", "", f"text {place}", f"pair {place}", ["sport"]) for place in range(20)]
    found = served_domains(texts, "topic", {}, False, tmp_path)
    task = {"labels": ["sport", "business"]}
    corpus, _ = check_corpus(CorpusConfig.model_validate({"tasks": {"topic": task}, "domains": found.domains}))
    assert all("\x1f" in text for text in corpus.rows("topic")["text"][:])


def test_every_judgement_counts_whatever_the_label_budget_is(tmp_path):
    texts = [
        Judged(f"{place:032x}", "", f"text {place}", None, [("sport", "business")[place % 2]]) for place in range(60)
    ]
    served = served_domains(texts, "topic", {}, False, tmp_path).domains["served"]
    base = tmp_path / "base.csv"
    base.write_text("id,text,label\n" + "".join(f"b{n},base {n},{('sport', 'business')[n % 2]}\n" for n in range(40)))
    domains = {
        "news": DomainConfig(task="topic", source=SourceConfig(path=base)),
        "served": served,
    }
    task = {"labels": ["sport", "business"]}
    corpus, _ = build_corpus(CorpusConfig.model_validate({"tasks": {"topic": task}, "domains": domains}))
    drawn = Counter(name.split("/")[0] for name in label_budget(corpus, "topic", 0, 3))
    assert drawn["news"] == 6
    assert drawn["served"] == corpus.labelled("topic")["domain"][:].count("served") > 6
