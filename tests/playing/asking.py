"""One question asked through each official client, streamed and not, and the reply's text."""

from collections.abc import Callable

from anthropic import Anthropic
from openai import OpenAI

Ask = Callable[[str], str]


def openai_streamed(client: OpenAI, model: str) -> str:
    chunks = client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": "How are you?"}], stream=True
    )
    return "".join(each.choices[0].delta.content or "" for each in chunks if each.choices)


def openai_whole(client: OpenAI, model: str) -> str:
    reply = client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": "How are you?"}]
    )
    return reply.choices[0].message.content or ""


def anthropic_streamed(client: Anthropic, model: str) -> str:
    events = client.messages.create(
        model=model,
        max_tokens=1000,
        messages=[{"role": "user", "content": "How are you?"}],
        stream=True,
    )
    return "".join(
        event.delta.text
        for event in events
        if event.type == "content_block_delta" and event.delta.type == "text_delta"
    )


def anthropic_whole(client: Anthropic, model: str) -> str:
    reply = client.messages.create(
        model=model, max_tokens=1000, messages=[{"role": "user", "content": "How are you?"}]
    )
    return "".join(block.text for block in reply.content if block.type == "text")


def all_ways(openai: OpenAI, anthropic: Anthropic) -> list[Ask]:
    """The four ways to ask, each a function from the model to the reply's text."""
    return [
        lambda model: openai_streamed(openai, model),
        lambda model: openai_whole(openai, model),
        lambda model: anthropic_streamed(anthropic, model),
        lambda model: anthropic_whole(anthropic, model),
    ]
