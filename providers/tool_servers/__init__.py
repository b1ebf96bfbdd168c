"""MCP servers on this machine: programs that are started over pipes and asked to use a tool."""
