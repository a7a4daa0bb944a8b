"""A number in README or docs is what a file in results/ says."""

import re
import shlex
from pathlib import Path

import pytest

from benchmarks.about import without_output
from benchmarks.bad_input_table import bad_input_table
from benchmarks.graph_teacher_table import graph_teacher_table
from benchmarks.link_prediction_table import link_prediction_table
from benchmarks.tables import BENCHMARKS, MARK, redrawn
from cdkd_kg.artifacts import read_json

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_table_is_drawn_from_its_results(page):
    text = page.read_text("utf-8")
    assert redrawn(text) == text
    assert text.count("<!-- results:") == len(MARK.findall(text))


def test_the_readme_begins_with_the_evidence_and_every_result_is_shown_somewhere():
    drawn = [[name for _, name, _ in MARK.findall(page.read_text("utf-8"))] for page in PAGES]
    assert drawn[0][0] == "study_medical"
    shown = {name.partition("-")[0] for names in drawn for name in names}
    assert shown == {path.stem for path in (ROOT / "results").glob("*.json")}


@pytest.mark.parametrize("path", sorted((ROOT / "results").glob("*.json")), ids=lambda path: path.stem)
def test_results_say_how_they_came_about(path):
    results = read_json(path)
    words = shlex.split(results["command"])
    assert shlex.join(words) == results["command"]
    if path.stem in BENCHMARKS:
        assert words[:3] == ["python", "-m", f"benchmarks.{path.stem}"]
        assert "--quick" not in words
    elif "questions" in results:
        assert words[:3] == ["cdkd", "study", f"configs/{path.stem}.yaml"]
    else:
        assert words[:2] == ["cdkd", "run"]
        assert all(re.fullmatch(r"configs/[a-z_]+[.]yaml|[a-z_.]+=.+", word) for word in words[2:])
    assert re.fullmatch(r"[0-9a-f]{7,40}(, [0-9a-f]{7,40})*", results["git"])
    for part in (results["created"], results["machine"]["processor"], results["versions"]["python"]):
        assert part


def test_an_odd_graph_has_one_row_and_a_hostile_input_one_each():
    def case(command, given, ended, seconds, breaks=""):
        return {"command": command, "input": given, "ended": ended, "seconds": seconds, "beyond_start": seconds,
                "megabytes": int(100 * seconds), "message": "a | b", "breaks": breaks}  # fmt: skip

    cases = [
        case("import", "bomb.ttl", "refused", 1),
        case("endpoint", "drip", "refused", 3),
        case("import", "cyclic", "taken", 1),
        case("show", "cyclic", "taken", 4, "over 2 s"),
        case("validate", "cyclic", "refused", 2),
    ]
    rows = bad_input_table({"cases": cases}).splitlines()
    assert "| import | bomb.ttl | refused | 1.0 | 100 | a \\| b |" in rows
    assert "| endpoint | drip | refused | 3.0 | 300 | a \\| b |" in rows
    assert "| cyclic | import, show (**over 2 s**) | validate | show, 4.0 s | 400 |" in rows
    assert sum("cyclic" in row for row in rows) == 1


def test_link_prediction_compares_what_validation_chose():
    def system(validation, test):
        measures = {"validation_mrr": validation, "mrr": test, "seconds": 1.0}
        return measures | {f"hits_at_{most}": test for most in (1, 3, 10)}

    systems = {"ours": system(0.5, 0.6), "ours, no dropout": system(0.4, 0.9), "PyKEEN": system(0.5, 0.7),
               "PyKEEN, free vectors": system(0.6, 0.59)}  # fmt: skip
    results = {"seeds": [0], "settings": {"width": 8}, "sets": {"umls": {"decoders": {"rotate": systems}}}}
    rows = link_prediction_table(results).splitlines()
    assert "| umls | RotatE | **ours** | 0.600 | 0.600 / 0.600 / 0.600 | 1.0 | +0.010 |" in rows
    assert "| umls | RotatE | ours, no dropout | 0.900 | 0.900 / 0.900 / 0.900 | 1.0 |  |" in rows
    assert sum("**" in row for row in rows) == 2


def test_a_command_names_no_path_of_its_machine():
    assert without_output(["--quick", "--json", "/somewhere/x.json", "--case", "a"]) == ["--quick", "--case", "a"]
    assert (
        without_output(["--json=/somewhere/x.json", "--peer", "/somewhere/python", "--peers", "/somewhere", "--run=a"])
        == []
    )
    for path in (ROOT / "results").glob("*.json"):
        assert "--json" not in read_json(path)["command"]


def test_the_graph_teacher_stands_beside_the_bare_loop_on_the_same_graph():
    rows = [
        {"case": case, "edges": edges, "seconds": seconds, "mib": 1500.4}
        for edges, case, seconds in ((1000, "ours", 1.0), (1000, "bare PyG", 2.0), (2000, "ours", 3.0))
    ]
    assert graph_teacher_table({"rows": rows}).splitlines()[2:] == [
        "| 1,000 | ours | 1.00 | 0.50 x | 1000.00 | 1,500 |",
        "| 1,000 | bare PyG | 2.00 | 1.00 x | 2000.00 | 1,500 |",
        "| 2,000 | ours | 3.00 | - | 1500.00 | 1,500 |",
    ]
