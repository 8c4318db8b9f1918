"""What the switches of a schedule come to, in sentences for whoever sets them (spec W5, W6)."""

from scheduling.choices import OffHoursAction


def consequences(
    *,
    enabled: bool,
    auto_wake: bool,
    enforce_clock_in: bool,
    enforce_clock_out: bool,
    action: OffHoursAction,
    grace_minutes: int,
) -> list[str]:
    """One sentence for the start and one for the end; a single one where the clock does nothing."""
    if not enabled:
        return ["Switched off: the clock neither starts nor ends anything by these hours."]
    return [
        _start(auto_wake, enforce_clock_in, grace_minutes),
        _end(enforce_clock_out, action, _after("the end", grace_minutes), woken=auto_wake),
    ]


def _start(auto_wake: bool, enforce_clock_in: bool, grace: int) -> str:
    if auto_wake:
        return "At the start it is clocked in, resumed and woken by itself."
    if enforce_clock_in:
        return (
            f"Somebody has to clock it in; not clocked in {_after('the start', grace)}, it is late and its owner told."
        )
    return "At the start nothing happens by itself: it works once somebody clocks it in."


def _end(enforced: bool, action: OffHoursAction, when: str, *, woken: bool) -> str:
    if not enforced:
        return "At the end nothing happens by itself: it works on until somebody clocks it out."
    if action == OffHoursAction.STOP:
        return f"{_capital(when)} it is clocked out and told to stop; what it is working on is cancelled."
    if action == OffHoursAction.QUEUE:
        return f"{_capital(when)} it is clocked out and stays as it is; new work waits for the next start."
    until = "until the next start" if woken else "until somebody clocks it in"
    return f"{_capital(when)} it is clocked out and paused {until}."


def _after(edge: str, grace: int) -> str:
    return f"{grace} min after {edge}" if grace else f"at {edge}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
