"""The routes of the service, and what becomes of errors."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException

import cdkd_kg
from cdkd_kg.errors import CdkdError, ConfigError, MissingResourceError, nearest
from cdkd_kg.inference.predictor import Predictor
from cdkd_kg.serving.batcher import BusyError, LateError
from cdkd_kg.serving.guard import Guard
from cdkd_kg.serving.meters import Meters
from cdkd_kg.serving.models import MOST, Answers, Asked, Feedback, FeedbackKept, Health, Pair, Problem
from cdkd_kg.serving.service import Limits, Service
from cdkd_kg.serving.store import Store

logger = logging.getLogger(__name__)
_PROBLEMS = {400: "No UTF-8, or no JSON.", 413: "Too large.", 415: "No JSON.", 422: "Not as described.", 503: "Late."}
_STATUS: dict[type[CdkdError], int] = {BusyError: 429, LateError: 503, MissingResourceError: 404, ConfigError: 422}
_TOLD = 5
_KIND, _OF_BODY = 3, 2
"""Where of a place (body, texts, 0, pair, text) the kind stands, and how many parts one in the body itself has."""
_SAID = {
    "missing": "it is needed",
    "string_type": "it must be a text",
    "list_type": "it must be a list",
    "float_type": "it must be a number",
    "model_attributes_type": 'it must be an object of JSON, such as {"texts": ["A text."]}',
    "model_type": "it must be an object of JSON",
    "too_short": "it must not be empty",
    "string_too_short": "it is empty",
    "string_pattern_mismatch": "it must be an id that /predict gave: 32 of 0-9 and a-f",
}
"""What a request has wrong, by the names of Pydantic; others are said as Pydantic does."""


def create_app(predictor: Predictor, limits: Limits, store: Store | None, *, loopback: bool = True) -> Guard:
    """Return the application that serves a bundle, guarded.

    Args:
        predictor: of the bundle.
        limits: what is allowed.
        store: where predictions and feedback are kept; None keeps none. It is closed with the application.
        loopback: whether it is asked on a loopback address.
    """
    meters = Meters()

    @asynccontextmanager
    async def running(app: FastAPI) -> AsyncIterator[None]:
        app.state.service = service = Service(predictor, limits, store, meters)
        runs = {"bundle": service.bundle.digest[:12], "form": predictor.form, "version": cdkd_kg.__version__}
        meters.watch(lambda: len(service.batcher), service.drift, service.replaced, runs)
        try:
            yield
        finally:
            await service.close()

    app = FastAPI(title="cdkd serve", version="1", lifespan=running, docs_url=None, redoc_url=None)

    @app.post("/predict", responses=_problems(_PROBLEMS | {429: "The queue is full."}))
    async def predict(asked: Asked) -> Answers:
        """Classify texts."""
        service: Service = app.state.service
        return Answers(bundle=service.bundle.digest[:12], predictions=await service.predict(asked))

    @app.post("/feedback", responses=_problems(_PROBLEMS | {404: "No such prediction is kept."}))
    async def judge(feedback: Feedback) -> FeedbackKept:
        """Say what a text is; it is on the disk when this answers."""
        service: Service = app.state.service
        return FeedbackKept(feedback=await service.judge(feedback))

    @app.get("/health")
    async def health() -> Health:
        """Say what runs here."""
        service: Service = app.state.service
        bundle = service.bundle
        return Health(
            status="ok",
            version=cdkd_kg.__version__,
            bundle=bundle.digest[:12],
            replaced=service.replaced(),
            form=predictor.form,
            task=bundle.about["task"],
            labels=list(bundle.labels),
            multi_label=bundle.multi_label,
            domains=list(bundle.domains),
            waiting=len(service.batcher),
            keeps_feedback=service.store is not None,
        )

    @app.get("/metrics", response_class=PlainTextResponse)
    async def metrics() -> Response:
        """Give what is counted to Prometheus."""
        return PlainTextResponse(meters.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    app.add_exception_handler(CdkdError, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _failed)
    return Guard(app, limits.body, limits.held, limits.timeout, meters.asked, loopback=loopback)


def _problems(reasons: Mapping[int, str]) -> dict[int | str, dict[str, Any]]:
    content = {"application/problem+json": {"schema": Problem.model_json_schema()}}
    return {status: {"description": why, "content": content} for status, why in reasons.items()}


def _refused(request: Request, error: Exception) -> Response:
    del request
    status = next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 500)
    return _problem(status, str(error), {"retry-after": "1"} if status in (429, 503) else {})


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for these
    found = error.errors()
    if any(one["type"] == "too_long" and one["loc"][-1] == "texts" for one in found):
        return _problem(413, f"a call has at most {MOST:,} texts; ask in several calls")
    if long := [one for one in found if one["type"] == "string_too_long" and "texts" in one["loc"]]:
        return _problem(413, f"{_place(long[0]['loc'])}: {long[0]['msg']}; more is never read")
    if any(one["type"] == "json_invalid" for one in found):
        return _problem(400, f"the body is not JSON: {found[0]['ctx']['error']}")
    model = Feedback if request.url.path == "/feedback" else Asked
    return _problem(422, "; ".join(f"{_place(one['loc'])}: {_said(one, model)}" for one in found[:_TOLD]))


def _said(error: Mapping[str, Any], model: type[BaseModel]) -> str:
    if error["type"] == "extra_forbidden":
        keys = list(Pair.model_fields if len(error["loc"]) > _OF_BODY else model.model_fields)
        return f"there is no such key{nearest(str(error['loc'][-1]), keys)}; there are {keys}"
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    return _SAID.get(error["type"], str(error["msg"]))


def _place(place: tuple[int | str, ...]) -> str:
    # Of a text or a pair in a list the kind comes after the number; the keys of a pair are called as the one is.
    parts = [str(part) for at, part in enumerate(place) if not (at == _KIND and part in ("text", "pair"))]
    return ".".join(parts[1:]) or "the body"


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for these
    headers, why = dict(error.headers or {}), str(error.detail)
    if error.status_code == HTTPStatus.NOT_FOUND:
        why = f"there is nothing at {request.url.path}; /openapi.json says what there is"
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = headers.get("Allow", "another method")
        why = f"{request.url.path} takes {allowed}, and not {request.method}"
    return _problem(error.status_code, why, headers)


def _failed(request: Request, error: Exception) -> Response:
    logger.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return _problem(500, "the service failed; its log says where")


def _problem(status: int, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    told = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail)
    return JSONResponse(told.model_dump(), status, headers, media_type="application/problem+json")
