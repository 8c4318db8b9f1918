"""The demo's first tasks: data only. What a job asks for is really done by the runtimes (``jobs`` has its words)."""

from dataclasses import dataclass
from datetime import timedelta

from workforce.choices import BlockerCode, TaskPriority, TaskType

LOW, NORMAL, HIGH, CRITICAL = TaskPriority
NEW, CONTINUE, SCHEDULED, DELEGATION = TaskType
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
#: A due time has to lie ahead when it is given; this one is over before anybody looks.
AT_ONCE = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class DemoTask:
    """``by`` is who gives it, a person, or the agent that delegates it. ``due`` and ``starts`` count from the seeding;
    ``needs`` and ``continues`` are titles of tasks above. ``cancelled`` and ``missing`` are why it ended, or what it
    waits for; then ``asked`` is the person who can help."""

    agent: str
    title: str
    job: str
    by: str
    priority: TaskPriority = NORMAL
    type: TaskType = NEW
    due: timedelta | None = None
    starts: timedelta | None = None
    urgent: bool = False
    needs: tuple[str, ...] = ()
    continues: str = ""
    cancelled: str = ""
    missing: str = ""
    asked: str = ""
    code: BlockerCode = BlockerCode.WAITING_INPUT


TASKS = (
    # ---- Support
    DemoTask(
        "support-triage-01", "Read the sign-in page as a customer would", by="Tomas Reyes", priority=HIGH, due=2 * HOUR,
        job="Is it short, and does it say what it is?\n\n"
        "Fetch /sign-in\nCount the words of /sign-in\nLongest line of /sign-in\nCount the links of /sign-in",
    ),
    DemoTask(
        "support-triage-01", "Sort this morning's order numbers", by="Tomas Reyes", due=3 * HOUR,
        job="Each once, please.\n\nSort: HF-20931, HF-20877, HF-20902, HF-20877, HF-20864, HF-20915, HF-20902",
    ),
    DemoTask(
        "support-triage-02", "Count the words of the Aarhus complaint", by="Tomas Reyes", due=5 * HOUR,
        job="Count the words: The pallet stood in Aarhus for four days. Nobody called us, and the tracking page said "
        "“on its way” all the time. Where was it?",
    ),
    DemoTask(
        "refunds-01", "Add up Tuesday's refunds", by="Tomas Reyes", priority=HIGH, due=90 * MINUTE,
        job="For the ledger.\n\nAdd up: 118.40, 92.15, 7.00, 241.99, 38.50",
    ),
    DemoTask(
        "refunds-01", "Seal the list of Tuesday's refunds", by="Tomas Reyes", type=CONTINUE,
        continues="Add up Tuesday's refunds", needs=("Add up Tuesday's refunds",),
        job="SHA-256: 118.40, 92.15, 7.00, 241.99, 38.50",
    ),
    DemoTask(
        "qa-reviewer-01", "Check that every public page answers", by="Tomas Reyes", priority=CRITICAL, due=30 * MINUTE,
        job="Before the customers' call.\n\n"
        "1. Fetch /healthz\n2. Fetch /readyz\n3. Fetch /sign-in\n4. Fetch /api/docs\n5. Fetch /static/favicon.svg",
    ),
    DemoTask(
        "qa-reviewer-01", "Count the order numbers once they are sorted", by="support-triage-01", type=DELEGATION,
        needs=("Sort this morning's order numbers",),
        job="Count the lines:\nHF-20864\nHF-20877\nHF-20902\nHF-20915\nHF-20931",
    ),
    # ---- Growth
    DemoTask(
        "campaign-writer-01", "Count the words of the autumn mailing", by="Ines Okafor", due=4 * HOUR,
        job="It must stay under forty.\n\nCount the words: Autumn storms are early this year. Book your North Sea "
        "crossings until Friday, and we hold your place on the ferry without a fee.",
    ),
    DemoTask(
        "campaign-writer-01", "Find the longest line of the spring slogans", by="Ines Okafor", priority=LOW,
        job="Find the longest line:\nOn time.\nYour freight, on the next ferry.\nWe call before you have to.\nHalden.",
    ),
    DemoTask(
        "campaign-writer-01", "Ask three customers for a quote", by="Ines Okafor", priority=LOW,
        job="Two sentences each, with their names.",
    ),
    DemoTask(
        "price-watch-01", "Add up the fuel surcharges of November", by="Ines Okafor", priority=HIGH, due=HOUR,
        job="Add up: 1240.00 + 980.50 + 1115.25 + 1302.75",
    ),
    DemoTask(
        "price-watch-01", "Look again whether the style sheet changed", by="Ines Okafor", type=SCHEDULED,
        starts=20 * MINUTE,
        job="SHA-256 of /static/punchcard.css\nCount the lines of /static/punchcard.css",
    ),
    DemoTask(
        "lead-enrich-03", "Sort the leads of the Hamburg fair", by="Ines Okafor", due=AT_ONCE,
        job="Sort: Nordwind Spedition, Kaiser & Sohn, Elbe Kontor, Nordwind Spedition, Brückner Logistik",
    ),
    DemoTask(
        "seo-audit-02", "Follow the links of the sign-in page", by="Ines Okafor", priority=LOW,
        job="Count the links of /sign-in\nMost frequent words of /sign-in",
    ),
    DemoTask(
        "seo-audit-02", "Weigh what every page loads", by="Ines Okafor", type=SCHEDULED, starts=DAY,
        job="Fetch /static/punchcard.css\nFetch /static/punchcard.js\nFetch /static/sprite.svg",
    ),
    DemoTask(
        "social-listen-01", "What do last week's mentions speak of?", by="Ines Okafor", priority=HIGH, due=3 * HOUR,
        job="Most frequent words: late again, but friendly. Friendly driver, late truck. The truck was clean. "
        "Tracking said late. Late, late, late, and nobody on the phone. Friendly phone, though.",
    ),
    DemoTask(
        "social-listen-01", "Read the press page", by="Ines Okafor", priority=LOW, job="Count the words of /press",
    ),
    DemoTask(
        "social-listen-01", "Translate the mentions into Danish", by="Ines Okafor",
        job="All of last week.", cancelled="The Danish office reads them in English.",
    ),
    # ---- Platform
    DemoTask(
        "deploy-watch-01", "Watch the house for a minute", by="Jonas Weber", priority=HIGH,
        job="After the deployment.\n\n" + "Fetch /healthz\nFetch /readyz\n" * 3,
    ),
    DemoTask(
        "build-bot-3", "Take the fingerprints of the documents we ship", by="Jonas Weber", priority=HIGH, due=2 * HOUR,
        job="SHA-256 of README.md\nSHA-256 of docs/CHANGELOG.md\nSHA-256 of docs/deploy.md\n"
        "SHA-256 of docs/lifecycle.md",
    ),
    DemoTask(
        "build-bot-3", "Find the longest line of the style sheet", by="Jonas Weber", priority=LOW,
        job="Longest line of /static/punchcard.css",
    ),
    DemoTask(
        "test-runner-02", "Is the house awake before the night run?", by="build-bot-3", type=DELEGATION, priority=HIGH,
        job="Fetch /healthz\nFetch /readyz",
    ),
    DemoTask(
        "dep-upgrade-01", "Can the API's documents still be read?", by="Jonas Weber", priority=CRITICAL, urgent=True,
        job="A customer cannot open them. Look now, off duty or not.\n\nFetch /api/docs\nFetch /readyz",
    ),
    DemoTask(
        "dep-upgrade-01", "Count what changed since the last release", by="Jonas Weber", type=SCHEDULED, starts=2 * DAY,
        job="Count the lines of docs/CHANGELOG.md\nLongest line of docs/CHANGELOG.md",
    ),
    DemoTask(
        "incident-scribe-01", "Count the words of Tuesday's minutes", by="Jonas Weber", due=6 * HOUR,
        job="Count the words:", asked="Tomas Reyes",
        missing="The minutes are not in the task. Write them below “Count the words:” and unblock it.",
    ),
    DemoTask(
        "incident-scribe-01", "Put Tuesday's events in order", by="Jonas Weber",
        job="Sort: 14:07 ferry desk closed, 13:40 storm warning, 14:31 customers told, 13:52 first truck turned back",
    ),
    # ---- Research
    DemoTask(
        "research-01", "Read the lifecycle document", by="Hanna Vogel", due=5 * HOUR,
        job="Count the words of docs/lifecycle.md\nMost frequent words of docs/lifecycle.md\n"
        "Longest line of docs/lifecycle.md",
    ),
    DemoTask(
        "research-01", "Add up what four carriers ask for Oslo", by="Hanna Vogel", priority=HIGH, due=2 * HOUR,
        job="Add up: 410.00, 385.50, 399.90, 442.00",
    ),
    DemoTask(
        "research-01", "Seal the carriers' prices", by="Hanna Vogel", type=CONTINUE,
        continues="Add up what four carriers ask for Oslo", needs=("Add up what four carriers ask for Oslo",),
        job="SHA-256: 410.00, 385.50, 399.90, 442.00",
    ),
    DemoTask(
        "patent-scan-01", "Sort the patent numbers of the lashing straps", by="Hanna Vogel", priority=HIGH,
        job="Sort: EP3145672, EP2988113, EP3145672, EP3301457, EP2871090",
    ),
    DemoTask(
        "patent-scan-01", "Count the words of the deployment guide", by="Hanna Vogel", priority=LOW,
        job="Count the words of docs/deploy.md\nCount the lines of docs/deploy.md\nLongest line of docs/deploy.md",
    ),
    # ---- Back office
    DemoTask(
        "ledger-main", "Add up this week's fuel invoices", by="Priya Raman", priority=CRITICAL, due=45 * MINUTE,
        job="Add up: 2310.00, 1875.40, 96.10, 2044.85, 1990.00",
    ),
    DemoTask(
        "ledger-main", "Seal the closing entries", by="Priya Raman", due=8 * HOUR,
        job="SHA-256: 4400 fuel 8316.35; 1200 bank -8316.35",
    ),
    DemoTask(
        "customs-docs-01", "Sort the tariff codes of HF-20931", by="ledger-main", type=DELEGATION, priority=HIGH,
        due=HOUR, job="Sort: 8708.99, 4011.20, 8708.99, 7318.15",
    ),
    DemoTask(
        "invoice-match-02", "Match the invoices of Halden Süd", by="ledger-main", type=DELEGATION, due=DAY,
        job="Sort: 2026-1107, 2026-1093, 2026-1107, 2026-1120",
    ),
    DemoTask(
        "tax-notes-01", "First task: read the changelog", by="Priya Raman", priority=LOW,
        job="Count the lines of docs/CHANGELOG.md\nMost frequent words of docs/CHANGELOG.md",
    ),
)  # fmt: skip
