"""Wire types that every API uses."""

from datetime import datetime
from typing import Annotated, Any

from ninja import Schema
from pydantic import Field


class ErrorOut(Schema):
    """The one form of every error."""

    code: Annotated[str, Field(examples=["session_not_found"])]
    message: Annotated[str, Field(examples=["There is no such session."])]
    details: dict[str, Any]
    request_id: str
    timestamp: datetime
