"""A script or a language that the pipeline does not know is told, once a domain."""

import pytest

from cdkd_kg.entities.language import language_warnings

TEXTS = {"news": ["The team won.", "Überraschung à Paris"], "letters": ["мяч гол", "銀行 и ставка"], "empty": ["12 34"]}


def test_only_the_domain_in_another_script_is_told() -> None:
    (warning,) = language_warnings(TEXTS, "en_core_web_sm")
    assert warning.startswith("letters: 100% of its letters")
    assert "entities.pipeline" in warning


def test_a_pipeline_for_another_language_is_taken_to_fit() -> None:
    assert language_warnings(TEXTS, "ru_core_news_sm") == []
    assert len(language_warnings(TEXTS, "blank:en")) == 1


GERMAN = [
    "Die Mannschaft hat das Spiel gewonnen, und der Trainer war nach dem Ende sehr zufrieden mit seinen Spielern.",
    "Die Bank erhöht die Zinsen, weil die Inflation im letzten Jahr gestiegen ist, sagte der Präsident am Montag.",
]
ENGLISH = [
    "The team won the match, and the coach was very happy with his players after the end of it.",
    "The bank raises its rates because inflation went up last year, the president said on Monday in Berlin.",
]
HEADLINES = [
    "Bayern gewinnt das Finale", "Streik bei der Bahn", "Trainer vor dem Aus", "Hertha verliert in Köln",
    "Kein Ende der Krise in Sicht", "Daimler mit Gewinn", "Neue Regeln für die Banken", "Siemens baut Stellen ab",
    "Regierung plant eine Steuer auf Zucker",
]  # fmt: skip
KEYWORDS = ["ball goal team match", "bank rate stock market profit", "Paris London Berlin", "Arsenal Liverpool"] * 5


@pytest.mark.parametrize("german", [GERMAN, HEADLINES], ids=["sentences", "headlines"])
def test_german_under_an_english_pipeline_is_told(german: list[str]) -> None:
    (warning,) = language_warnings({"news": ENGLISH, "zeitung": german}, "en_core_web_sm")
    assert warning.startswith("zeitung: ")
    assert "stop words of the language 'de'" in warning
    assert "entities.pipeline" in warning


def test_english_under_a_german_pipeline_is_told_and_german_is_not() -> None:
    (warning,) = language_warnings({"news": ENGLISH, "zeitung": GERMAN}, "blank:de")
    assert warning.startswith("news: ")


def test_keywords_and_a_few_words_are_in_no_language() -> None:
    assert language_warnings({"keywords": KEYWORDS, "few": ["der die das"]}, "en_core_web_sm") == []
