"""``--launch``: the processes that a configuration of accelerate asks for, each of which runs the same command."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

from cdkd_kg.errors import ConfigError

TRAININGS = ("teachers.text.training", "distillation.training")
KINDS = ("NO", "MULTI_CPU", "MULTI_GPU", "FSDP")
PRECISIONS = {"no": False, "bf16": True}
NOT_DONE = (
    "deepspeed_config",
    "megatron_lm_config",
    "parallelism_config",
    "fp8_config",
    "dynamo_config",
    "mpirun_config",
)
OPTION = "--launch"


def launch(file: Path, arguments: Sequence[str]) -> NoReturn:
    """Become ``torchrun`` with the processes of a configuration, each of which runs ``cdkd`` with the arguments.

    Raises:
        ConfigError: the file asks for what is not done here, or cannot be read.
    """
    command = command_of(file, arguments)
    os.execve(command[0], command, os.environ | devices_of(file))  # noqa: S606  no shell, and words of our own


def command_of(file: Path, arguments: Sequence[str]) -> list[str]:
    """Return the words that start the processes; see :func:`launch`."""
    asked = _read(file)
    machines = asked.num_machines or 1
    processes = max(asked.num_processes, machines)
    if processes % machines:
        raise _refused(
            file, f"{processes} processes do not fall evenly on {machines} machines", "correct num_processes"
        )
    if machines == 1:
        place = ["--standalone"]
    elif asked.main_process_ip and asked.main_process_port:
        place = ["--nnodes", str(machines), "--node_rank", str(asked.machine_rank)]
        place += ["--master_addr", asked.main_process_ip, "--master_port", str(asked.main_process_port)]
    else:
        raise _refused(file, "several machines have to find the first", "give main_process_ip and main_process_port")
    torchrun = [sys.executable, "-m", "torch.distributed.run", *place, "--nproc_per_node", str(processes // machines)]
    return [*torchrun, "-m", "cdkd_kg", *_without_option(arguments), *_overrides(asked)]


def _kind(asked: Any) -> str:
    return str(getattr(asked.distributed_type, "value", asked.distributed_type))


def _read(file: Path) -> Any:
    from accelerate.commands.config.config_args import ClusterConfig, load_config_from_file

    try:
        asked = load_config_from_file(str(file))
    except Exception as error:  # whatever YAML, JSON or accelerate say of it
        raise _refused(file, " ".join(str(error).split())[:300], "make one with `accelerate config`") from error
    kind = _kind(asked)
    if not isinstance(asked, ClusterConfig) or kind not in KINDS:
        raise _refused(file, f"distributed_type {kind} is not done here", f"give one of {', '.join(KINDS)}")
    if asked.mixed_precision not in PRECISIONS:
        raise _refused(file, f"mixed_precision {asked.mixed_precision} is not done here", "give no or bf16")
    if others := [name for name in NOT_DONE if getattr(asked, name)]:
        raise _refused(file, f"{', '.join(others)} would not be followed", "leave it out")
    return asked


def devices_of(file: Path) -> dict[str, str]:
    """Return the environment that shows processes the GPUs which they may use."""
    asked = _read(file)
    if asked.use_cpu or _kind(asked) == "MULTI_CPU":
        return {"CUDA_VISIBLE_DEVICES": ""}
    chosen = asked.gpu_ids not in (None, "all")
    return {"CUDA_VISIBLE_DEVICES": str(asked.gpu_ids)} if chosen else {}


def _overrides(asked: Any) -> Iterator[str]:
    """Yield what the file says of training, as overrides of a run; what it leaves as it is stays as configured."""
    for training in TRAININGS:
        if _kind(asked) == "FSDP":
            yield f"{training}.fsdp=true"
        if PRECISIONS[asked.mixed_precision]:
            yield f"{training}.bf16=true"


def _without_option(arguments: Sequence[str]) -> Iterator[str]:
    words = iter(arguments)
    for word in words:
        if word == OPTION:
            next(words, None)
        elif not word.startswith(f"{OPTION}="):
            yield word


def _refused(file: Path, why: str, remedy: str) -> ConfigError:
    return ConfigError("a configuration of accelerate cannot be followed", where=str(file), why=why, remedy=remedy)
