"""What every template shares: icons, statuses, and times that read the same everywhere and tick in the browser."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from workforce.choices import Choice

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """A symbol of the sprite. Decoration: the word beside it is what counts."""
    return format_html('<svg class="i" aria-hidden="true"><use href="{}#{}"></use></svg>', static("sprite.svg"), name)


@register.simple_tag
def badge(choice: Choice) -> SafeString:
    """Status on its own ground, for the column a page is about."""
    return format_html('<span class="badge {}">{}{}</span>', choice.tone, icon(choice.icon), choice.label)


@register.simple_tag
def status(choice: Choice) -> SafeString:
    """Status without a ground, for every other column."""
    return format_html('<span class="st {}">{}{}</span>', choice.tone, icon(choice.icon), choice.label)


def span_in_words(seconds: float) -> str:
    """``12 s``, ``4 min``, ``7 h``, ``2 d``: rounded down, as punchcard.js does it."""
    whole = max(0, int(seconds))
    for unit, size, up_to in (("s", 1, 120), ("min", 60, 7_200), ("h", 3_600, 172_800)):
        if whole < up_to:
            return f"{whole // size} {unit}"
    return f"{whole // 86_400} d"


@register.filter
def city(zone: str) -> str:
    """``America/New_York`` as people say it: New York."""
    return zone.rsplit("/", 1)[-1].replace("_", " ")


def _exact(at: datetime, zone: str | None = None) -> str:
    local = timezone.localtime(at, ZoneInfo(zone) if zone else None)
    name = zone or timezone.get_current_timezone_name()
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M:%S} in {city(name)}"


def exact_in_zones(at: datetime, zone: str | None = None) -> str:
    """The exact time in the reader's zone, and in ``zone`` too where that is another one."""
    here = _exact(at)
    if not zone or zone == timezone.get_current_timezone_name():
        return here
    return f"{here}; {_exact(at, zone)}"


@register.simple_tag
def age(at: datetime, now: datetime, zone: str | None = None) -> SafeString:
    """How long ago, ticking: ``12 s``."""
    return format_html(
        '<time datetime="{}" data-age title="{}">{}</time>',
        at.isoformat(),
        exact_in_zones(at, zone),
        span_in_words((now - at).total_seconds()),
    )


@register.simple_tag
def later(scheduled: datetime, at: datetime) -> SafeString:
    """How long after its time something happened: ``2 h later``; nothing below a second."""
    seconds = (at - scheduled).total_seconds()
    return format_html(' <span class="dim">{} later</span>', span_in_words(seconds)) if seconds >= 1 else SafeString("")


@register.simple_tag
def until(at: datetime, now: datetime, zone: str | None = None) -> SafeString:
    """How long from now, ticking: ``in 7 h``."""
    return format_html(
        '<time datetime="{}" data-until title="{}">{}</time>',
        at.isoformat(),
        exact_in_zones(at, zone),
        f"in {span_in_words((at - now).total_seconds())}" if at > now else "now",
    )


@register.simple_tag
def clock_time(at: datetime, now: datetime, zone: str | None = None) -> SafeString:
    """``17:00`` today, ``Sun 03:00`` within the week, ``29 Nov 03:00`` later; in the reader's zone."""
    local, today = timezone.localtime(at), timezone.localtime(now)
    days = (local.date() - today.date()).days
    text = f"{local:%H:%M}"
    if days:
        text = f"{local:%a} {text}" if -7 < days < 7 else f"{local.day} {local:%b} {text}"
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), exact_in_zones(at, zone), text)


@register.simple_tag
def moment(at: datetime, now: datetime, zone: str | None = None) -> SafeString:
    """``19 Nov, 14:32:05`` for records; the year where it is another one."""
    local = timezone.localtime(at)
    year = "" if local.year == timezone.localtime(now).year else f" {local.year}"
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        at.isoformat(),
        exact_in_zones(at, zone),
        f"{local.day} {local:%b}{year}, {local:%H:%M:%S}",
    )


@register.simple_tag
def long_date(at: datetime) -> SafeString:
    """``Thursday 19 November 2026, 14:32 in Berlin``, kept current by punchcard.js."""
    local = timezone.localtime(at)
    zone = timezone.get_current_timezone_name()
    return format_html(
        '<time datetime="{}" data-clock="{}">{}</time> in {}',
        at.isoformat(),
        zone,
        f"{local:%A} {local.day} {local:%B %Y}, {local:%H:%M}",
        city(zone),
    )


@register.filter
def count_of(number: int, noun: str) -> str:
    """``1 agent``, ``24 agents``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


@register.simple_tag
def named(text: str, name: str) -> SafeString | str:
    """A sentence with the name it begins with in bold."""
    if name and text.startswith(name):
        return format_html("<b>{}</b>{}", name, text[len(name) :])
    return text


@register.simple_tag
def slots(number: int, total: int) -> SafeString:
    """``number`` of ``total`` as a strip: a slot each where they are few, one bar where they are many."""
    if total < 1:
        return SafeString("")
    if total > 48:
        parts = format_html(
            '<rect width="{0}" height="10"></rect><rect class="on" width="{1}" height="10"></rect>', total, number
        )
        width = total
    else:
        parts = format_html_join(
            "",
            '<rect{} x="{}" width="7" height="10"></rect>',
            ((SafeString(' class="on"' if place < number else ""), place * 10) for place in range(total)),
        )
        width = total * 10
    return format_html(
        '<svg class="slots" viewBox="0 0 {} 10" preserveAspectRatio="none" aria-hidden="true">{}</svg>', width, parts
    )


@register.simple_tag(takes_context=True)
def sort_head(context: template.Context, label: str, key: str, current: str) -> SafeString:
    """A column's head that sorts by it; pressed again, the other way round."""
    query = context["request"].GET.copy()
    for place in ("page", "older", "newer"):
        query.pop(place, None)
    query["sort"] = f"-{key}" if current == key else key
    order = {key: "ascending", f"-{key}": "descending"}.get(current)
    return format_html(
        '<th scope="col"{}><a href="?{}">{}</a></th>',
        format_html(' aria-sort="{}"', order) if order else "",
        query.urlencode(),
        label,
    )


_NEXT_WORDS = {
    "clocks_in": "Clocks in",
    "clocks_out": "Clocks out",
    "shift_starts": "Shift starts",
    "shift_ends": "Shift ends",
    "resumes": "Resumes",
}


@register.simple_tag
def next_words(event: tuple[str, datetime]) -> str:
    return _NEXT_WORDS.get(event[0], "Next")
