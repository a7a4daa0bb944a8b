"""The command line ``cdkd``: one file a command; each parses in ``x_cli`` and works in plain functions."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from cdkd_kg.cli.check import check_cli
from cdkd_kg.cli.compare import compare_cli
from cdkd_kg.cli.curate import app as curate_app
from cdkd_kg.cli.data import app as data_app
from cdkd_kg.cli.explain import explain_cli
from cdkd_kg.cli.export import export_cli
from cdkd_kg.cli.graph import app as graph_app
from cdkd_kg.cli.plan import plan_cli
from cdkd_kg.cli.renew import adapt_cli, drift_cli, retrain_cli, rollback_cli
from cdkd_kg.cli.run import run_cli
from cdkd_kg.cli.serve import serve_cli
from cdkd_kg.cli.study import study_cli
from cdkd_kg.cli.tune import tune_cli
from cdkd_kg.errors import CdkdError, ProcessLostError
from cdkd_kg.processes import rank

INTERRUPTED = 130

app = typer.Typer(
    name="cdkd",
    help="Knowledge distillation across domains and tasks, guided by a knowledge graph.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("run")(run_cli)
app.command("plan")(plan_cli)
app.command("study")(study_cli)
app.command("tune")(tune_cli)
app.command("explain")(explain_cli)
app.command("compare")(compare_cli)
app.command("export")(export_cli)
app.command("serve", context_settings={"auto_envvar_prefix": "CDKD_SERVE"})(serve_cli)
app.command("retrain")(retrain_cli)
app.command("adapt")(adapt_cli)
app.command("rollback")(rollback_cli)
app.command("drift")(drift_cli)
app.command("check")(check_cli)
app.add_typer(data_app, name="data", help="Data and models by name: what there is, and fetching it.")
app.add_typer(
    graph_app, name="graph", help="Knowledge graphs in folders: import, look, ask, validate, compare, export."
)
app.add_typer(curate_app, name="curate", help="Decide on what a graph proposes: queue, decisions, history, undo.")


def _tell_version(asked: bool) -> None:
    if asked:
        import cdkd_kg

        typer.echo(f"cdkd {cdkd_kg.__version__}")
        raise typer.Exit


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the stack trace of an error.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Tell the version, and end.")
    ] = False,
) -> None:
    """Knowledge distillation across domains and tasks, guided by a knowledge graph."""
    del debug, version  # the first is read by main(), which is there also when parsing fails


def main() -> None:
    """Run ``cdkd``; every error is one paragraph on standard error and an exit status.

    0 done, 1 failed, 2 wrong usage or configuration, 3 data refused, 130 interrupted.
    """
    try:
        app()
    except CdkdError as error:
        _end(error, str(error), error.exit_status)
    except (KeyboardInterrupt, SystemExit) as error:  # Typer turns the one into the other
        if isinstance(error, SystemExit) and error.code != INTERRUPTED:
            raise
        _end(error, "Interrupted. What was finished is kept; the same command goes on from there.", INTERRUPTED)
    except Exception as error:  # the last door: nobody should meet a bare stack trace
        _end(error, f"Unexpected {type(error).__name__}: {error}. What to do: run again with `cdkd --debug`.", 1)


def _end(error: BaseException, message: str, status: int) -> None:
    if "--debug" in sys.argv[1:2]:
        raise error
    if not (isinstance(error, ProcessLostError) and rank()):  # that it lost another one says the first for all
        who = f"Process {rank()}: " if rank() else ""
        sys.stderr.write(f"{who}{message}\n" if status == INTERRUPTED else f"{who}Error: {message}\n")
    if status == INTERRUPTED:
        # Whatever status is asked for, Python ends by the signal itself where `python -m` met the interrupt in an
        # exec() of text, as in the making of a dataclass. Every `with` has been left by now.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    raise SystemExit(status)
