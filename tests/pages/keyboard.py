"""A reader without a mouse: on with Tab, until what is looked for has the focus, and the focus is seen."""

from playwright.sync_api import Page, expect

#: Where the focus is, in words: the element's id, else its name, else its text.
_HERE = """() => {
  const at = document.activeElement
  return at.id || at.name || at.getAttribute('aria-label') || at.textContent.trim().slice(0, 60) || at.tagName
}"""
#: What shows it: an outline of its own, or, for a box that stands for a hidden field, of its label.
_SEEN = """() => {
  const ring = (at) => {
    const look = getComputedStyle(at)
    return look.outlineStyle !== 'none' && parseFloat(look.outlineWidth) >= 1
  }
  const at = document.activeElement
  return ring(at) || [...(at.labels || [])].some((label) => ring(label) || [...label.children].some(ring))
}"""


def here(page: Page) -> str:
    """Where the focus is, in words."""
    return str(page.evaluate(_HERE))


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def tab_to(page: Page, target: str, *, most: int = 120, back: bool = False) -> None:
    """Press Tab until the element that matches ``target``, a selector, has the focus, and see that it shows."""
    passed = []
    for _ in range(most):
        if page.evaluate("what => document.activeElement.matches(what)", target):
            assert page.evaluate(_SEEN), f"{target} has the focus, and nobody sees it"
            return
        page.keyboard.press("Shift+Tab" if back else "Tab")
        passed.append(here(page))
    raise AssertionError(f"Tab does not reach {target}; it passes {passed}")


def go(page: Page, target: str, key: str = "Enter") -> None:
    """Tab to ``target`` and press ``key`` there."""
    tab_to(page, target)
    page.keyboard.press(key)


def ask(page: Page, target: str) -> None:
    """Tab to ``target``, press Enter and wait for its dialog."""
    go(page, target)
    expect(page.locator("dialog[open]")).to_have_count(1)


def retype(page: Page, text: str) -> None:
    """Put ``text`` in place of what the field holds."""
    press(page, "Control+a", "Delete")
    page.keyboard.type(text)


def is_on(page: Page, target: str) -> None:
    """The focus came to ``target``, a selector, by itself."""
    try:
        expect(page.locator(target).first).to_be_focused()
    except AssertionError:
        raise AssertionError(f"The focus is not on {target} but on {here(page)}") from None


def round_trip(page: Page, *, most: int = 250) -> list[str]:
    """Every stop of Tab from the page's first one until it begins again; a trap never ends, and fails."""
    page.locator(".skip").focus()
    stops = [here(page)]
    page.evaluate("document.stops = new Set([document.activeElement])")
    for _ in range(most):
        page.keyboard.press("Tab")
        known = page.evaluate(
            "() => { const at = document.activeElement; const known = at === document.body || document.stops.has(at);"
            " document.stops.add(at); return known }"
        )
        if known:
            return stops
        stops.append(here(page))
    raise AssertionError(f"Tab goes on for ever: {stops[-20:]}")
