"""The beat table: a handful of system ticks. Business time lives in due columns, never here.

Two beats double every tick; every sweep is safe to run twice at once, so that is harmless. ``expire_seconds`` drops
ticks that waited behind a stopped worker: the next tick does their work.
"""

from typing import Any

BEAT_TABLE: dict[str, dict[str, Any]] = {
    "sweep-clock": {
        "task": "scheduling.sweep_clock",
        "schedule": 5.0,
        "options": {"queue": "system", "expire_seconds": 10},
    },
    "sweep-leave": {
        "task": "scheduling.sweep_leave",
        "schedule": 15.0,
        "options": {"queue": "system", "expire_seconds": 30},
    },
    "expire-holds": {
        "task": "workforce.expire_holds",
        "schedule": 15.0,
        "options": {"queue": "system", "expire_seconds": 30},
    },
    "sweep-work": {
        "task": "workforce.sweep_work",
        "schedule": 5.0,
        "options": {"queue": "system", "expire_seconds": 10},
    },
    "sweep-caps": {
        "task": "budgets.sweep_caps",
        "schedule": 15.0,
        "options": {"queue": "system", "expire_seconds": 30},
    },
    "look-for-anomalies": {
        "task": "budgets.look_for_anomalies",
        "schedule": 1200.0,
        "options": {"queue": "system", "expire_seconds": 1200},
    },
    "link-audit": {
        "task": "workforce.link_audit",
        "schedule": 5.0,
        "options": {"queue": "system", "expire_seconds": 10},
    },
    "forget-idempotent": {
        "task": "workforce.forget_idempotent",
        "schedule": 300.0,
        "options": {"queue": "system", "expire_seconds": 600},
    },
}
