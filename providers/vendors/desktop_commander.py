"""An MCP server on this machine that the operator chose, such as one in front of DesktopCommander.

It has tools and no model: the one tool that the operator names takes the prompt and gives the reply.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from importlib import import_module

from django.conf import settings

from providers.base import BaseProvider, ProviderConfig, register_provider
from providers.calls import CallRequest, Finished, StreamEvent, TextDelta, Usage, estimate_tokens
from providers.tool_servers.keeping import ToolServerKeeper
from providers.tool_servers.running import ToolServerSetup

_IMPORTED_LATE = ("mcp", "jsonschema", "anyio._backends._asyncio", "anyio._core._streams")
"""The client, and what it would import on the loop: half a second and 20 MiB, if it is used."""


@register_provider("desktop_commander")
class DesktopCommanderProvider(BaseProvider):
    """Nothing of what is started comes from the row: staff switch it on and off, no more."""

    label = "DesktopCommander"
    warning = (
        "It starts a program on this machine, with the rights of VALIS, and hands it what people write. "
        "Which one, the operator says (VALIS_DESKTOP_COMMANDER)."
    )

    def __init__(self, config: ProviderConfig) -> None:
        super().__init__(config)
        self._keeper = ToolServerKeeper(
            ToolServerSetup(
                command=tuple(settings.VALIS_DESKTOP_COMMANDER),
                tool=settings.VALIS_DESKTOP_COMMANDER_TOOL,
                variables=tuple(settings.VALIS_DESKTOP_COMMANDER_ENVIRONMENT),
            )
        )

    @classmethod
    def missing(cls, config: ProviderConfig) -> str:
        return (
            ""
            if settings.VALIS_DESKTOP_COMMANDER
            else "no command: the operator sets VALIS_DESKTOP_COMMANDER"
        )

    def open(self) -> None:
        for module in _IMPORTED_LATE:
            import_module(module)

    async def is_available(self) -> bool:
        await self._keeper.look()
        return True

    async def stream(self, request: CallRequest) -> AsyncGenerator[StreamEvent, None]:
        prompt, said = _prompt(request), 0
        async with self._keeper.lent() as server, aclosing(server.ask(prompt)) as pieces:
            async for piece in pieces:
                said += len(piece)
                yield TextDelta(piece)
        yield Finished(Usage(estimate_tokens(prompt), said // 4 + 1, is_estimated=True))

    async def close(self) -> None:
        await self._keeper.close()


def _prompt(request: CallRequest) -> str:
    """The system prompt and the dialogue as one text, each line with who said it."""
    names = {"user": "User", "assistant": request.voice.name}
    lines = [f"{names[each.role]}: {each.text}" for each in request.messages]
    return "\n\n".join([request.system, *lines] if request.system else lines)
