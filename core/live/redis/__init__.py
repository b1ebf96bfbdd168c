"""Live events between processes, through Redis.

A topic is a bounded, expiring stream in Redis (the log) and a channel of the same name (the news).
"""

from core.live.redis.backend import RedisBackend

__all__ = ["RedisBackend"]
