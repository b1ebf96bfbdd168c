"""What a tool has to be like so that it can answer, and how its result is read."""

from typing import TYPE_CHECKING

from providers.errors import ProviderSkipped

if TYPE_CHECKING:
    from mcp import ClientSession
    from mcp.types import CallToolResult, Tool

_MOST_PAGES = 20


async def tool_named(name: str, session: "ClientSession") -> "Tool | None":
    from mcp.types import PaginatedRequestParams  # noqa: PLC0415

    cursor: str | None = None
    for _ in range(_MOST_PAGES):
        page = await session.list_tools(params=PaginatedRequestParams(cursor=cursor) if cursor else None)
        for tool in page.tools:
            if tool.name == name:
                return tool
        if (cursor := page.next_cursor) is None:
            break
    return None


def argument_of(tool: "Tool | None", name: str) -> str:
    """The tool's one text. Raises `ProviderSkipped` for a tool that wants anything else."""
    if tool is None:
        raise ProviderSkipped(f"the server has no tool “{name}”")
    required = tool.input_schema.get("required") or []
    known = tool.input_schema.get("properties") or {}
    kinds = {each: known.get(each, {}).get("type") for each in required}
    if list(kinds.values()) != ["string"]:
        raise ProviderSkipped(f"the tool “{name}” has to take one text and require nothing else")
    return str(required[0])


def text_of(result: "CallToolResult") -> str:
    texts = (getattr(each, "text", "") for each in result.content if each.type == "text")
    return "\n".join(text for text in texts if text)


def rest_of(text: str, said: str) -> str:
    """The result counts: what it has beyond the pieces, or all of it where they were something else."""
    return text.removeprefix(said) if text.startswith(said) else f"\n\n{text}" if text else ""
