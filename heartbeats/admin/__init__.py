"""The admin's part about liveness."""

from heartbeats.admin import heartbeats

__all__ = ["heartbeats"]
