"""``cdkd serve``: a bundle as a service."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer


def serve_cli(
    bundle: Annotated[Path, typer.Argument(help="The folder of a bundle that `cdkd export` made.")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes one that is free.")] = 8000,
    host: Annotated[
        str,
        typer.Option(
            help="The address to listen on. Others than this computer's own need a proxy that lets in whom you want."
        ),
    ] = "127.0.0.1",
    form: Annotated[
        Literal["int8", "onnx", "openvino", "torch"] | None,
        typer.Option(help="What computes; else the fastest there is."),
    ] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Batches at a time; else one a core.")] = None,
    feedback: Annotated[
        Path | None, typer.Option(help="A file in which texts, predictions and feedback are kept; else none are.")
    ] = None,
    abstain_below: Annotated[
        float, typer.Option(min=0, max=1, help="Give no label that is less probable than this.")
    ] = 0.0,
    queue: Annotated[int, typer.Option(min=1000, help="Texts that may wait; what comes beyond is refused.")] = 2000,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds until an answer, or until a client goes on.")] = 10.0,
    log_level: Annotated[
        Literal["error", "warning", "info", "debug"], typer.Option(help="What is told; every request from info on.")
    ] = "warning",
) -> None:
    """Answer over HTTP until interrupted: /predict, /feedback, /health, /metrics; /openapi.json describes them.

    Every option may come from the environment: CDKD_SERVE_PORT for --port.
    """
    from cdkd_kg.errors import need_installed

    for package in ("fastapi", "uvicorn", "prometheus_client"):
        need_installed(package, "serving", "cdkd serve")
    from cdkd_kg.inference.predictor import Predictor
    from cdkd_kg.serving.serve import serve
    from cdkd_kg.serving.service import Limits

    predictor = Predictor.from_pretrained(bundle, form, threads)
    limits = Limits(queue=queue, timeout=timeout, abstain_below=abstain_below)

    def ready(address: str) -> None:
        typer.echo(f"Serving {bundle} at {address}")

    serve(predictor, limits, feedback, host, port, ready, log_level)
