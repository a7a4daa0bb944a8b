"""Energy is what the counters of all processors say, and nothing where there are none."""

from cdkd_kg.energy import Meter


def _counter(folder, name, count, range_=1_000_000_000):
    (folder / name).mkdir(exist_ok=True)
    (folder / name / "energy_uj").write_text(f"{count}\n")
    (folder / name / "max_energy_range_uj").write_text(f"{range_}\n")


def test_it_is_the_sum_over_processors_and_not_over_their_parts(tmp_path):
    for name in ("intel-rapl:0", "intel-rapl:1", "intel-rapl:0:0"):
        _counter(tmp_path, name, 5_000_000)
    meter = Meter(tmp_path)
    assert meter.joules() == 0
    _counter(tmp_path, "intel-rapl:0", 7_000_000)
    _counter(tmp_path, "intel-rapl:1", 6_500_000)
    _counter(tmp_path, "intel-rapl:0:0", 99_000_000)
    assert meter.joules() == 3.5


def test_a_counter_that_began_anew_is_right(tmp_path):
    _counter(tmp_path, "intel-rapl:0", 999_000_000)
    meter = Meter(tmp_path)
    _counter(tmp_path, "intel-rapl:0", 2_000_000)
    assert meter.joules() == 3.0


def test_without_counters_nothing_is_said(tmp_path):
    assert Meter(tmp_path).joules() is None
    _counter(tmp_path, "intel-rapl:0", 1)
    (tmp_path / "intel-rapl:0" / "energy_uj").write_text("no number")
    assert Meter(tmp_path).joules() is None
