"""From a study file to checked cases; what is wrong is said with the place and the nearest name."""

from pathlib import Path

import pytest

from cdkd_kg.errors import ConfigError
from cdkd_kg.pipeline.plan import jobs_of
from cdkd_kg.study.cases import cases_of
from cdkd_kg.study.config import load_study, patched
from tests.study.corpus import BACK, prepare, study, write_study

CONFIGS = Path(__file__).parents[2] / "configs"
QUESTION = study()["questions"][1]


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return prepare(tmp_path_factory.mktemp("cases"))


def load(file, **changes):
    return load_study(write_study(file.parent, study(**changes), "changed.yaml"))


def refusal(file, **changes):
    with pytest.raises(ConfigError) as refused:
        cases_of(load(file, **changes))
    return str(refused.value)


def test_a_case_is_one_choice_of_each_dimension(file):
    cases = cases_of(load_study(file))
    assert [case.name for case in cases] == ["small-there-2", "small-there-all", "small-back-2", "small-back-all"]
    assert [case.config.corpus.labels_per_class for case in cases] == [2, None, 2, None]
    assert [case.config.corpus.domains["news"].role for case in cases] == ["source", "source", "target", "target"]
    assert {case.config.evaluation.conditions for case in cases} == {("no_distillation", "graph_teacher")}
    assert {case.config.evaluation.bootstrap for case in cases} == {200}
    assert {case.config.output for case in cases} == {file.parent / "runs"}
    assert cases[0].choices == {"direction": "there", "budget": "2"}


def test_null_takes_a_key_of_the_base_away(file):
    alone = {"corpus": {"domains": {"letters": None}}}
    (case,) = cases_of(load(file, vary={"which": {"alone": alone}}, questions=[QUESTION | {"where": {}}]))
    assert list(case.config.corpus.domains) == ["news"]


def test_patches_follow_the_examples_of_rfc_7396():
    assert patched({"a": "b", "c": {"d": "e", "f": "g"}}, {"a": "z", "c": {"f": None}}) == {"a": "z", "c": {"d": "e"}}
    assert patched({"a": [{"b": "c"}]}, {"a": [1]}) == {"a": [1]}
    assert patched({"a": "foo"}, "bar") == "bar"
    assert patched({}, {"a": {"bb": {"ccc": None}}}) == {"a": {"bb": {}}}


def test_label_budgets_share_corpus_entities_graph_and_geometry(file):
    few, many, *_ = (jobs_of(case.config) for case in cases_of(load_study(file)))
    same = {job.stage for job in few} - {job.stage for job, other in zip(few, many, strict=True) if job != other}
    shared = {"corpus", "entities", "graph", "geometry", "coverage"}
    assert same == shared
    for one, other in zip(few, many, strict=True):
        assert (one.fingerprint == other.fingerprint) == (one.stage in shared), one.stage


def test_only_and_seeds_choose_a_slice(file):
    loaded = load(file, seeds=[0, 3, 5])
    names = [case.name for case in cases_of(loaded, ["direction=back", "budget=2,all"])]
    assert names == ["small-back-2", "small-back-all"]
    assert {case.config.seeds for case in cases_of(loaded, seeds=[5, 0])} == {(0, 5)}


@pytest.mark.parametrize(
    ("only", "told"),
    [
        ("budgte=2", "no dimension 'budgte'; did you mean 'budget'?"),
        ("direction=bakc", "no choice 'bakc' of 'direction'; did you mean 'back'?"),
        ("direction", "written dimension=choice"),
    ],
)
def test_a_wrong_slice_names_the_nearest(file, only, told):
    with pytest.raises(ConfigError, match="command line: --only") as refused:
        cases_of(load_study(file), [only])
    assert told in str(refused.value)


def test_a_seed_that_the_study_does_not_have_is_refused(file):
    with pytest.raises(ConfigError, match="no seed 7"):
        cases_of(load_study(file), seeds=[7])


WRONG = {
    "unknown key": ({"question": []}, ["unknown key 'question'; did you mean 'questions'", "line"]),
    "unknown key of a question": (
        {"questions": [QUESTION | {"atleast": 1}]},
        ["unknown key 'atleast'; did you mean 'at_least'", "line"],
    ),
    "unknown condition": ({"questions": [QUESTION | {"b": "text_techer"}]}, ["did you mean 'text_teacher'", "line"]),
    "unknown dimension": (
        {"questions": [QUESTION | {"where": {"bugdet": 2}}]},
        ["no dimension 'bugdet'; did you mean 'budget'", "And with 2 labels?"],
    ),
    "unknown choice": ({"questions": [QUESTION | {"where": {"budget": "al"}}]}, ["did you mean 'all'"]),
    "condition that does not run": (
        {"questions": [QUESTION | {"b": "text_teacher"}]},
        ["'text_teacher', which does not run", "small-there-2"],
    ),
    "nothing to compare": ({"questions": [QUESTION | {"b": "graph_teacher"}]}, ["nothing to compare"]),
    "two of one name": ({"questions": [QUESTION, QUESTION]}, ["two questions are called 'And with 2 labels?'"]),
    "unknown key of the run": (
        {
            "vary": {"direction": {"back": BACK, "odd": {"corpus": {"domian": {}}}}},
            "questions": [QUESTION | {"where": {}}],
        },
        ["unknown key 'domian'; did you mean 'domains'", "vary.direction.odd.corpus.domian", "small-odd", "line"],
    ),
    "value out of bounds": (
        {"overrides": {"evaluation": {"bootstrap": 3}}},
        ["overrides.evaluation.bootstrap", "got 3", "line"],
    ),
    "seeds twice": ({"seeds": [1, 1]}, ["must be distinct", "line"]),
    "what the study decides": ({"overrides": {"seeds": [1]}}, ["'seeds' cannot vary"]),
    "the name of the base": ({"name": "tiny"}, ["is called 'tiny' as its base is"]),
    "a long name": ({"name": "x" * 60}, ["too long a name"]),
    "no base": ({"base": "nowhere.yaml"}, ["nowhere.yaml", "no such configuration file"]),
    "names that collide": (
        {
            "vary": {"one": {"a": {}, "a-b": {}}, "two": {"b-c": {}, "c": {}}},
            "questions": [QUESTION | {"where": {}}],
        },
        ["two cases would be called 'small-a-b-c'"],
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_said_with_its_place(file, case):
    changes, told = WRONG[case]
    said = refusal(file, **changes)
    for part in told:
        assert part in said


@pytest.mark.parametrize(("name", "cases"), [("topics", 24), ("reviews", 24), ("medical", 16)])
def test_every_shipped_study_is_valid(name, cases, monkeypatch):
    monkeypatch.setenv("CDKD_DATA", "shared/data")
    path = CONFIGS / f"study_{name}.yaml"
    loaded = load_study(path)
    assert loaded.config.name == path.stem
    assert f"cdkd study configs/{path.name}" in path.read_text("utf-8").splitlines()[0]
    found = cases_of(loaded)
    assert len(found) == cases
    assert len({(case.config.corpus.model_dump_json()) for case in found}) == cases
    for case in found:
        source, *target = case.choices["direction"].split("_to_")
        roles = {name: domain.role for name, domain in case.config.corpus.domains.items()}
        wanted = {source.removesuffix("_alone"): "source"} | dict.fromkeys(target, "target")
        assert roles == wanted, case.name


@pytest.mark.parametrize("text", ["- a\n- b\n", "name: [\n", "name: ${oc.env:CDKD_NO_SUCH}\n"])
def test_a_file_that_is_no_study_is_refused(tmp_path, text):
    (tmp_path / "study.yaml").write_text(text)
    with pytest.raises(ConfigError, match=r"study\.yaml"):
        load_study(tmp_path / "study.yaml")


def test_a_mistake_is_placed_in_every_file_that_can_be_read(file):
    text = file.read_text("utf-8") + "odd: {name: Why?, a: 1}\n"
    path = file.with_name("odd.yaml")
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=rf"odd\.yaml, line {text.count(chr(10))}: odd"):
        load_study(path)
