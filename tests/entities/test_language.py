"""A script that the pipeline does not know is told, once a domain."""

from cdkd_kg.entities.language import language_warnings

TEXTS = {"news": ["The team won.", "Überraschung à Paris"], "letters": ["мяч гол", "銀行 и ставка"], "empty": ["12 34"]}


def test_only_the_domain_in_another_script_is_told() -> None:
    (warning,) = language_warnings(TEXTS, "en_core_web_sm")
    assert warning.startswith("letters: 100% of its letters")
    assert "entities.pipeline" in warning


def test_a_pipeline_for_another_language_is_taken_to_fit() -> None:
    assert language_warnings(TEXTS, "ru_core_news_sm") == []
    assert len(language_warnings(TEXTS, "blank:en")) == 1
