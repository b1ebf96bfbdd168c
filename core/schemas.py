"""Wire types that every API uses."""

from datetime import datetime
from typing import Annotated, Any

from ninja import Schema
from pydantic import Field


class ErrorOut(Schema):
    """The one form of every error."""

    code: Annotated[str, Field(examples=["session_not_found"])]
    message: Annotated[str, Field(examples=["There is no such session."])]
    details: Annotated[dict[str, Any], Field(description="What the code has to do with, such as `problems`.")]
    request_id: Annotated[str, Field(examples=["5fd1e9ac35364d5796dc454510ed73cb"])]
    timestamp: datetime
