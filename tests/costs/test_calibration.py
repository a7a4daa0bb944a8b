"""What was measured is kept, and holds for no other configuration."""

import pytest

from cdkd_kg.config import Config
from cdkd_kg.costs.calibration import FILE, Calibration, Point, Used, settings
from cdkd_kg.errors import ArtifactError, MissingResourceError
from tests.pipeline.corpus import settings as tiny


@pytest.fixture
def values(tmp_path):
    return tiny(tmp_path)


def kept(config):
    point = Point(10, 5, {"corpus": Used(1.5, 100, 200)})
    known = Calibration(settings(config), {"git": "x"}, 4, 0.5, (point, point))
    return known, known.save(config.folder)


def test_what_is_kept_is_found(values):
    config = Config.model_validate(values)
    known, file = kept(config)
    assert file == config.folder / FILE
    assert Calibration.load(config) == known


def test_rows_and_labels_may_differ_and_nothing_else_that_costs(values):
    before = settings(Config.model_validate(values))
    values["corpus"]["labels_per_class"] = 3
    values["corpus"]["domains"]["news"] = {**values["corpus"]["domains"]["news"], "rows": {"train": 7}}
    values["entities"] = {"shards": "elsewhere"}
    assert settings(Config.model_validate(values)) == before
    values["entities"] = {"engine": "ray"}
    assert settings(Config.model_validate(values)) != before
    values["entities"] = {"max_words": 7}
    assert settings(Config.model_validate(values)) != before


def test_nothing_measured_says_how_to(values):
    with pytest.raises(MissingResourceError, match="--measure"):
        Calibration.load(Config.model_validate(values))


def test_what_was_measured_of_another_configuration_does_not_hold(values):
    kept(Config.model_validate(values))
    with pytest.raises(MissingResourceError, match="settings differ"):
        Calibration.load(Config.model_validate(values | {"seeds": [0, 1]}))


@pytest.mark.parametrize("content", ["{}", "[]", '{"points": [{}]}', "{", '{"points": 3}'])
def test_a_broken_file_is_told(values, content):
    config = Config.model_validate(values)
    kept(config)[1].write_text(content)
    with pytest.raises(ArtifactError, match=r"costs\.json"):
        Calibration.load(config)
