"""The tool of `tool_server`, offered by the official SDK. Started in the same way."""

import sys

from mcp.server.mcpserver import Context, MCPServer

from tests.playing.tool_server import SCRIPTS, note_oneself


def main() -> None:
    script = SCRIPTS[sys.argv[1]]
    note_oneself()
    server = MCPServer("playing")

    async def ask(prompt: str, context: Context) -> str:
        pieces: list[str] = []
        text = script(prompt, pieces.append)
        for number, piece in enumerate(pieces):
            await context.report_progress(number, message=piece)
        return text

    server.add_tool(ask)
    server.run("stdio")


if __name__ == "__main__":
    main()
