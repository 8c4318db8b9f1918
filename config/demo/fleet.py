"""The demo's 24 agents: data only. Hours that hang on the moment of seeding are functions of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from config.demo.hours import DAILY, WORKDAYS, audit_evenings, ends_soon, patch_days, shifts, standard, starts_soon
from workforce.choices import AgentType, HoldKind, LifecycleState, PriorityTier, RiskLevel

S, T, P, R = LifecycleState, AgentType, PriorityTier, RiskLevel

Hours = Mapping[str, Any] | Callable[[datetime], Mapping[str, Any]] | None
BERLIN = "Europe/Berlin"
FRONT_DESK = shifts(
    BERLIN,
    ("Early", DAILY, "06:00", "14:00"),
    ("Late", DAILY, "14:00", "22:00"),
    enforce_clock_in=True,
    off_hours_action="queue",
    grace_minutes=15,
)


@dataclass(frozen=True, slots=True)
class DemoAgent:
    """``owner`` and ``second`` are names of people or of agents above in the list. ``state`` is where it is taken, if
    it is ready by then (off duty the clock may have paused it); ``why`` is the reason given."""

    name: str
    pod: str
    type: AgentType
    tier: PriorityTier
    tags: tuple[str, ...]
    profile: str
    owner: str
    state: LifecycleState = S.READY
    why: str = ""
    hours: Hours = None
    second: str = ""
    risk: RiskLevel = R.LOW
    cost_daily: str = ""
    notes: str = ""
    tools: Mapping[str, str] = field(default_factory=dict)
    hold: HoldKind | None = None

    @property
    def cost_budget_daily(self) -> Decimal | None:
        return Decimal(self.cost_daily) if self.cost_daily else None


FLEET = (
    # ---- Support: the front desk, in two shifts that touch at 14:00
    DemoAgent(
        "support-triage-01", "Support", T.SPECIALIST, P.P0, ("triage", "customer_mail"), "sonnet-balanced",
        "Tomas Reyes", hours=FRONT_DESK, second="Mara Lindqvist", cost_daily="20.00",
        tools={"mail_read": "enabled", "mail_send": "always_ask", "refund": "disabled"},
    ),
    DemoAgent(
        "support-triage-02", "Support", T.SPECIALIST, P.P0, ("triage", "customer_mail"), "sonnet-balanced",
        "Tomas Reyes", S.DEGRADED, "The mail gateway answers every third call only.", hours=FRONT_DESK,
        cost_daily="20.00", tools={"mail_read": "enabled", "mail_send": "always_ask"},
    ),
    DemoAgent(
        "voice-intake-01", "Support", T.SPECIALIST, P.P0, ("voice", "intake"), "voice-live",
        "Tomas Reyes", risk=R.MEDIUM, cost_daily="18.00",
        hours=standard("Australia/Sydney", DAILY, "07:00", "21:00", off_hours_action="queue"),
        notes="Takes the calls of the Sydney office.",
    ),
    DemoAgent(
        "refunds-01", "Support", T.SPECIALIST, P.P1, ("refunds", "payments"), "sonnet-balanced",
        "Tomas Reyes", risk=R.HIGH, cost_daily="5.00",
        hours=standard("America/New_York", WORKDAYS, "08:00", "18:00"),
        tools={"ledger_read": "enabled", "refund": "always_ask"},
    ),
    DemoAgent(
        "qa-reviewer-01", "Support", T.WATCHER, P.P1, ("qa", "review"), "opus-careful",
        "Tomas Reyes", hours=standard(BERLIN, DAILY, "09:00", "21:00", grace_minutes=5),
    ),
    DemoAgent(
        "kb-writer-01", "Support", T.SUBAGENT, P.P2, ("writing", "knowledge_base"), "small-fast-v3",
        "support-triage-01", hours=ends_soon,
        notes="Its hours were laid so that a shift ends right after the demo is set up: watch it clock out by itself.",
    ),
    # ---- Growth
    DemoAgent(
        "campaign-writer-01", "Growth", T.SPECIALIST, P.P1, ("writing", "campaigns"), "sonnet-balanced",
        "Ines Okafor", cost_daily="8.00",
        hours=standard(BERLIN, WORKDAYS, "09:00", "18:00", grace_minutes=5),
    ),
    DemoAgent(
        "price-watch-01", "Growth", T.WATCHER, P.P1, ("web_research", "pricing"), "small-fast-v3",
        "Ines Okafor", second="Jonas Weber", cost_daily="2.50",
        hours=standard(BERLIN, DAILY[:6], "06:00", "20:00", off_hours_action="queue"),
        tools={"web_fetch": "enabled", "send_email": "always_ask"},
    ),
    DemoAgent(
        "lead-enrich-03", "Growth", T.SUBAGENT, P.P2, ("web_research", "enrichment"), "small-fast-v3",
        "Ines Okafor", hold=HoldKind.MANUAL, why="The address lookup refuses requests; Ines asks the vendor.",
        hours=standard("Asia/Kolkata", WORKDAYS, "08:00", "18:00"),
    ),
    DemoAgent(
        "seo-audit-02", "Growth", T.SPECIALIST, P.P2, ("seo", "audit"), "small-fast-v3", "Ines Okafor",
        hours=audit_evenings,
    ),
    DemoAgent(
        "social-listen-01", "Growth", T.WATCHER, P.P2, ("web_research", "social"), "small-fast-v3", "Ines Okafor",
        notes="Runs without hours.",
    ),
    # ---- Platform
    DemoAgent(
        "deploy-watch-01", "Platform", T.WATCHER, P.P0, ("ops", "deploy"), "sonnet-balanced",
        "Jonas Weber", second="Mara Lindqvist", risk=R.MEDIUM,
        hours=standard(
            "UTC", DAILY, "00:00", "24:00", enforce_clock_in=True, enforce_clock_out=False, off_hours_action="queue"
        ),
    ),
    DemoAgent(
        "build-bot-3", "Platform", T.SPECIALIST, P.P1, ("codegen", "ci"), "opus-careful",
        "Jonas Weber", risk=R.MEDIUM, cost_daily="15.00",
        hours=standard(
            BERLIN, WORKDAYS, "07:00", "19:00", enforce_clock_in=True, auto_wake=False, off_hours_action="queue"
        ),
        notes="Clocked in by hand: nobody wakes it, and its owner is told when it is late.",
        tools={"git_push": "always_ask", "shell": "enabled"},
    ),
    DemoAgent(
        "test-runner-02", "Platform", T.SUBAGENT, P.P2, ("qa", "ci"), "small-fast-v3", "build-bot-3",
        hours=shifts(BERLIN, ("Night", DAILY, "22:00", "06:00"), grace_minutes=30),
        notes="Works nights, when the build machines are free.",
    ),
    DemoAgent(
        "dep-upgrade-01", "Platform", T.SUBAGENT, P.P2, ("codegen", "dependencies"), "sonnet-balanced",
        "Jonas Weber", risk=R.MEDIUM, hours=patch_days,
    ),
    DemoAgent(
        "incident-scribe-01", "Platform", T.WATCHER, P.P1, ("ops", "writing"), "sonnet-balanced", "Jonas Weber",
        second="Tomas Reyes",
    ),
    # ---- Research
    DemoAgent(
        "research-01", "Research", T.SPECIALIST, P.P1, ("web_research", "reports"), "opus-careful",
        "Hanna Vogel", cost_daily="12.00", hours=standard(BERLIN, WORKDAYS, "08:00", "17:00"),
    ),
    DemoAgent(
        "research-02", "Research", T.SPECIALIST, P.P1, ("web_research", "carriers"), "opus-careful",
        "Hanna Vogel", S.BLOCKED, "Waits for the carrier list of the fourth quarter.", second="Ines Okafor",
        hours=standard(BERLIN, WORKDAYS, "08:00", "17:00", off_hours_action="queue"),
    ),
    DemoAgent(
        "patent-scan-01", "Research", T.SUBAGENT, P.P2, ("web_research", "patents"), "small-fast-v3", "Hanna Vogel",
        hours=starts_soon,
        notes="Its hours were laid so that a shift begins soon after the demo is set up: watch it wake by itself.",
    ),
    DemoAgent(
        "archive-miner-01", "Research", T.SUBAGENT, P.P2, ("archive",), "small-fast-v2", "Hanna Vogel",
        S.RETIRED, "The archive is fully indexed.",
    ),
    # ---- Back office, led by an agent that owns others
    DemoAgent(
        "ledger-main", "Back office", T.MAIN, P.P0, ("bookkeeping", "planning"), "opus-careful",
        "Priya Raman", second="Mara Lindqvist", risk=R.HIGH, cost_daily="9.00",
        hours=shifts(
            BERLIN, ("Day", WORKDAYS, "06:00", "20:00"), ("Close", ("fri",), "22:00", "02:00"),
            enforce_clock_in=True, off_hours_action="queue",
        ),
        tools={"ledger_read": "enabled", "ledger_post": "always_ask"},
    ),
    DemoAgent(
        "customs-docs-01", "Back office", T.SPECIALIST, P.P1, ("customs", "documents"), "sonnet-balanced",
        "ledger-main", S.ESCALATED, "No tariff code for shipment HF-20931 for over an hour.", risk=R.MEDIUM,
        hours=standard(BERLIN, WORKDAYS, "07:00", "19:00", off_hours_action="queue"),
    ),
    DemoAgent(
        "invoice-match-02", "Back office", T.SPECIALIST, P.P1, ("bookkeeping", "invoices"), "small-fast-v3",
        "ledger-main", second="Priya Raman", cost_daily="2.50",
        hours=standard(BERLIN, DAILY, "07:00", "21:00", grace_minutes=0),
    ),
    DemoAgent(
        "tax-notes-01", "Back office", T.SUBAGENT, P.P2, ("bookkeeping", "tax"), "small-fast-v3", "Priya Raman",
        S.REGISTERED, notes="Registered, not ready yet: its tags are still to be checked.",
    ),
)  # fmt: skip
