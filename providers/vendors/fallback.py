"""The fallback voice: no network, no key, never fails, always last."""

from collections.abc import AsyncGenerator

from providers.base import BaseProvider, register_provider
from providers.calls import CallRequest, Finished, StreamEvent, TextDelta, Usage, estimate_tokens
from providers.fallback_voice import compose, in_pieces


@register_provider("fallback")
class FallbackVoice(BaseProvider):
    """Speaks from the persona's own tone and phrases; without a persona, neutrally."""

    label = "Fallback voice"

    async def stream(self, request: CallRequest) -> AsyncGenerator[StreamEvent, None]:
        reply = compose(request)
        for piece in in_pieces(reply):
            yield TextDelta(piece)
        texts = [message.text for message in request.messages]
        yield Finished(
            Usage(
                tokens_in=estimate_tokens(request.system, *texts),
                tokens_out=estimate_tokens(reply),
                is_estimated=True,
            )
        )
