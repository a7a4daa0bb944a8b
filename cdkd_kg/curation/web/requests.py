"""What a request says beside its body: who asks, and what they have seen."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import unquote

from fastapi import Depends, Header, HTTPException, Request

from cdkd_kg.curation.names import checked_name
from cdkd_kg.curation.web.board import Board
from cdkd_kg.errors import ConfigError

WHO = "cdkd_who"
TAG = '^"[0-9]{1,15}"$'
"""What ``If-Match`` is like."""


def board_of(request: Request) -> Board:
    """Return what all requests work on."""
    board: Board = request.app.state.board
    return board


def person(
    request: Request,
    curator: Annotated[
        str | None,
        Header(alias="X-CDKD-Curator", description="Who asks, percent-encoded; else who started the server."),
    ] = None,
) -> str:
    """Return who asks; a browser says it in a cookie, so that every page knows."""
    if curator:
        return checked_name(unquote(curator))
    starter = str(request.app.state.who)
    try:
        return checked_name(unquote(request.cookies.get(WHO) or starter))
    except ConfigError:  # which would be in the way on every page, that for another name included
        return starter


def seen(request: Request) -> int:
    """Return the number of the newest decision that who asks could have seen.

    Raises:
        HTTPException: 428 where it is not told (RFC 6585), 400 where it is no number.
    """
    tag = request.headers.get("if-match")
    if tag is None:
        raise HTTPException(428, "say what you have seen: If-Match with the number `seen`, in quotes")
    if not re.fullmatch(TAG, tag.strip()):
        raise HTTPException(400, "If-Match is the number `seen` in quotes")
    return int(tag.strip().strip('"'))


ToBoard = Annotated[Board, Depends(board_of)]
Person = Annotated[str, Depends(person)]
Seen = Annotated[int, Depends(seen)]
