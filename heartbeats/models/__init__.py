"""Facts of liveness."""

from heartbeats.models.heartbeats import Heartbeat

__all__ = ["Heartbeat"]
