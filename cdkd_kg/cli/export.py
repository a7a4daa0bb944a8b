"""``cdkd export``: a student of a run as a bundle that can be served."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer


def export_cli(
    run: Annotated[Path, typer.Argument(help="The folder of a finished run, such as runs/quickstart.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="A new folder, such as models/topic.")],
    task: Annotated[str | None, typer.Option(help="Whose student, where the run has several tasks.")] = None,
    condition: Annotated[str, typer.Option(help="Which student.")] = "graph_teacher",
    int8: Annotated[
        Literal["dynamic", "static", "none"],
        typer.Option(help="How the activations of the 8-bit form are calibrated: at every call, or on training texts."),
    ] = "dynamic",
    onnx: Annotated[bool, typer.Option(help="Keep the ONNX form with 32-bit weights.")] = True,
    openvino: Annotated[bool, typer.Option("--openvino", help="Make OpenVINO's form, too.")] = False,
    prune_vocabulary: Annotated[
        int | None,
        typer.Option(min=1, help="Take tokens out that occur less often than so many times in training texts."),
    ] = None,
    embedding_rank: Annotated[
        int | None,
        typer.Option(min=1, help="Word embeddings of the ONNX forms as a product of two matrices this thin."),
    ] = None,
    push_to_hub: Annotated[
        str | None, typer.Option(metavar="OWNER/NAME", help="Upload the bundle to the Hugging Face hub, as private.")
    ] = None,
    json_output: Annotated[bool, typer.Option("--json", help="Print what is known of the bundle as JSON.")] = False,
) -> None:
    """Write a student with its calibration, its card, and fast forms that are checked against it.

    The bundle is a Hugging Face folder, which plain transformers loads, with more in it. A form that does not decide as
    the student does on test documents, or is worse by over half a point, fails the export.
    """
    from cdkd_kg.export.forms import Forms
    from cdkd_kg.pipeline.export import export
    from cdkd_kg.processes import started_as

    calibration = None if int8 == "none" else int8
    forms = Forms(onnx, calibration, openvino, prune_vocabulary, embedding_rank)
    bundle = export(run, output, forms, task, condition, started_as(sys.argv[1:]))
    if push_to_hub:
        from cdkd_kg.export.hub import push_to_hub as push

        typer.echo(push(bundle.folder, push_to_hub), err=True)
    if json_output:
        import json

        typer.echo(json.dumps(bundle.about, indent=1, sort_keys=True, ensure_ascii=False))
        return
    from cdkd_kg.cli.console import print_table

    rows = [
        (one["name"], one["file"], f"{one['bytes'] / 1e6:.1f}", f"{one['same']:.2%}", f"{one['accuracy']:.2%}")
        for one in bundle.about["forms"]
    ]
    print_table(("form", "file", "MB", "decides as the student", "accuracy on test"), rows)
    typer.echo(f"Bundle: {output}  (card: {output / 'README.md'}; next: cdkd serve {output})")
