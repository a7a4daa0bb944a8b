"""The server of the page: its parts put together, and what becomes of errors."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from cdkd_kg.curation.web import api, pages
from cdkd_kg.curation.web.board import Board
from cdkd_kg.curation.web.guard import Guard
from cdkd_kg.curation.web.models import Problem
from cdkd_kg.curation.web.texts import text
from cdkd_kg.errors import CdkdError, ConflictError, DataRefusedError, MissingResourceError

STATIC = Path(__file__).parent / "static"


def create_app(board: Board, port: int, token: str, who: str) -> Guard:
    """Return the application for one graph, guarded.

    Args:
        board: what it works on.
        port: that it will be asked on.
        token: that lets somebody in.
        who: decides where a request does not say who asks.
    """
    app = FastAPI(title="cdkd curate", version="1", docs_url=None, redoc_url=None, openapi_url="/api/openapi.json")
    guard = Guard(app, port, token)
    app.state.board, app.state.who, app.state.guard = board, who, guard
    app.include_router(api.router)
    app.include_router(pages.router)
    app.mount("/static", StaticFiles(directory=STATIC))
    app.add_exception_handler(CdkdError, _refused)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    return guard


def status_of(error: CdkdError) -> int:
    """Return the status of an answer that tells of an error."""
    kinds: Mapping[type[CdkdError], int] = {ConflictError: 412, DataRefusedError: 409, MissingResourceError: 404}
    return next((status for kind, status in kinds.items() if isinstance(error, kind)), 422)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, CdkdError)  # noqa: S101 - registered for these
    if not request.url.path.startswith("/api/"):
        return await pages.refused(request, error, status_of(error))
    if not isinstance(error, ConflictError):
        return _problem(status_of(error), str(error))
    return _problem(
        status_of(error), str(error), theirs=[api.told(entry) for entry in error.theirs], yours=await request.json()
    )


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for these
    return _answered(request, error.status_code, str(error.detail))


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for these
    wrong = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
    return _answered(request, 422, "; ".join(wrong[:5]))


def _answered(request: Request, status: int, detail: str) -> Response:
    """Return a page to a browser, and a problem to a program."""
    if "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/api/"):
        return pages.told(request, status, text("no_page") if status == HTTPStatus.NOT_FOUND else detail)
    return _problem(status, detail)


def _problem(status: int, detail: str, **more: Any) -> JSONResponse:
    told = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, **more)
    return JSONResponse(told.model_dump(), status, media_type="application/problem+json")
