"""Enumerations of budgets: value, label, tone class and icon together, as in ``workforce.choices``."""

from workforce.choices import Choice


class CapWindow(Choice):
    """The four windows a cap is of (spec B1)."""

    DAILY = "daily", "Daily"
    WEEKLY = "weekly", "Weekly"
    MONTHLY = "monthly", "Monthly"
    ANNUAL = "annual", "Annual"

    @property
    def field(self) -> str:
        """The column, and the name in bodies and forms."""
        return f"{self.value}_tokens"

    @property
    def cost_field(self) -> str:
        """The same for the cap in money."""
        return f"{self.value}_cost"


class CapMeasure(Choice):
    """What a cap counts."""

    TOKENS = "tokens", "Tokens"
    COST = "cost", "Cost"


class OnCap(Choice):
    """What happens when a cap is reached (spec B4)."""

    ALERT = "alert", "Alert: keep working and tell the owner"
    SKIP = "skip", "Skip: no new work until the window resets"
    PAUSE = "pause", "Pause: hold the agent until the window resets"

    @property
    def short(self) -> str:
        return self.label.partition(":")[0]


class CapsKept(Choice):
    """Whether an agent has a cap of any window."""

    SET = "set", "Caps set"
    NONE = "none", "No caps set"


class TokenClass(Choice):
    """The four kinds of token a model bills (spec B2)."""

    INPUT = "input", "Input"
    OUTPUT = "output", "Output"
    CACHE_READ = "cache_read", "Cache read"
    CACHE_WRITE = "cache_write", "Cache write"

    @property
    def field(self) -> str:
        """The column of the ledger, and the name in bodies."""
        return f"{self.value}_tokens"


class ReservationEnd(Choice):
    """How a reservation ended."""

    SETTLED = "settled", "Settled"
    RELEASED = "released", "Released"
    EXPIRED = "expired", "Lapsed with its lease"


class ApprovalStatus(Choice):
    """What became of a cap that was reached (spec B4)."""

    OPEN = "open", "Waiting", "is-warn", "stamp"
    RAISED = "raised", "Raised", "is-good", "in"
    KEPT = "kept", "Kept paused", "is-none", "paused"
    LAPSED = "lapsed", "Window over", "is-none", "clock"


class CreditKind(Choice):
    """Why a balance moved (spec B6)."""

    TOP_UP = "top_up", "Top-up"
    DEBIT = "debit", "Usage"
    CORRECTION = "correction", "Correction"
