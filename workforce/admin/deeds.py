"""Deeds: buttons of a row that ask a question on a page of their own, and do one service call with the answer.

A deed works on one row (``DeedsAdmin``) or on several chosen in a list (``in_bulk``), with the same form and the same
call. Pages ask by GET and act by POST; a refusal comes back in the service's words with everything typed kept.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone

from workforce.admin.base import ScopedAdmin
from workforce.admin.saving import actor_of, add_refusal
from workforce.rules.actors import Actor
from workforce.rules.refusals import Missing, Refusal

#: Rows one bulk action takes on: they are all named on the page that asks.
BULK_MOST = 500


@dataclass(frozen=True, slots=True)
class Offer:
    """A button. ``argument`` is the last part of the address where a deed has variants."""

    label: str
    argument: str = ""
    danger: bool = False


class DeedForm(forms.Form):
    """Base of the questions. ``row`` is the one the page is about, None in bulk."""

    aliases: ClassVar[dict[str, str]] = {}

    def __init__(self, *args: Any, row: Model | None = None, argument: str = "", **kwargs: Any) -> None:
        self.row = row
        self.argument = argument
        super().__init__(*args, **kwargs)


def _reason(label: str, **attrs: Any) -> forms.CharField:
    """Never checked here: which reason is missing, too long or unneeded, the service says."""
    look = {"rows": 3, "class": "vLargeTextField", "autofocus": True, **attrs}
    return forms.CharField(label=label, required=False, widget=forms.Textarea(attrs=look))


class ReasonForm(DeedForm):
    reason = _reason("Reason", required=True)


class OptionalReasonForm(DeedForm):
    reason = _reason("Reason, if there is one to tell")


class Deed:
    """One kind of thing to do to a row."""

    name: ClassVar[str]
    form: ClassVar[type[DeedForm]] = ReasonForm

    def offers(self, row: Any) -> Iterable[Offer]:
        """The buttons that make sense for this row now; the service has the last word."""
        raise NotImplementedError

    def knows(self, argument: str) -> bool:
        return argument == ""

    def form_for(self, argument: str) -> type[DeedForm]:
        return self.form

    def verb(self, argument: str) -> str:
        """What the button says, and the page that asks."""
        raise NotImplementedError

    def consequence(self, row: Any, argument: str) -> str:
        """One sentence on what the reader may not expect, or nothing."""
        return ""

    def run(self, row: Any, argument: str, answer: dict[str, Any], *, by: Actor, now: datetime) -> Any:
        """Call the service. Returns what ``outcome`` needs; may raise any ``Refusal``."""
        raise NotImplementedError

    def outcome(self, row: Any, argument: str, done: Any) -> str:
        """What was done, as a sentence."""
        raise NotImplementedError

    def respond(self, admin: Any, request: HttpRequest, row: Any, argument: str, done: Any) -> HttpResponse:
        admin.message_user(request, self.outcome(row, argument, done))
        return HttpResponseRedirect(admin.address_of(row))


class DeedsAdmin(ScopedAdmin):
    """With deeds: the buttons above the form and the pages behind them."""

    deeds: Sequence[Deed] = ()

    def get_urls(self) -> list[Any]:
        site, opts = self.admin_site, self.opts
        view = site.admin_view(self.deed_view)
        name = f"{opts.app_label}_{opts.model_name}_deed"
        return [
            path("<uuid:row_id>/do/<slug:deed>/", view, name=name),
            path("<uuid:row_id>/do/<slug:deed>/<slug:argument>/", view, name=name),
            *super().get_urls(),
        ]

    def address_of(self, row: Model) -> str:
        return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])

    def address_of_deed(self, row: Model, deed: Deed, argument: str = "") -> str:
        opts = row._meta
        arguments = [row.pk, deed.name, argument] if argument else [row.pk, deed.name]
        return reverse(f"admin:{opts.app_label}_{opts.model_name}_deed", args=arguments)

    def buttons(self, request: HttpRequest, row: Model) -> list[dict[str, Any]]:
        return [
            {"label": offer.label, "danger": offer.danger, "href": self.address_of_deed(row, deed, offer.argument)}
            for deed in self.deeds
            for offer in deed.offers(row)
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = kwargs.get("obj")
        context["buttons"] = self.buttons(request, row) if row is not None else []
        return super().render_change_form(request, context, *args, **kwargs)

    def deed_view(self, request: HttpRequest, row_id: UUID, deed: str, argument: str = "") -> HttpResponse:
        row = self.get_object(request, str(row_id))
        meant = next((one for one in self.deeds if one.name == deed and one.knows(argument)), None)
        if row is None or meant is None:
            raise Http404("There is no such thing here.")
        question = meant.form_for(argument)
        form = question(request.POST if request.method == "POST" else None, row=row, argument=argument)
        if request.method == "POST" and form.is_valid():
            try:
                done = meant.run(row, argument, form.cleaned_data, by=actor_of(request), now=timezone.now())
                return meant.respond(self, request, row, argument, done)
            except Missing as missing:
                raise Http404(missing.sentence) from missing
            except Refusal as refusal:
                add_refusal(form, refusal, aliases=form.aliases)
        return _ask(
            self,
            request,
            form,
            verb=meant.verb(argument),
            back=self.address_of(row),
            note=meant.consequence(row, argument),
            row=row,
        )


def _ask(
    admin: Any,
    request: HttpRequest,
    form: DeedForm,
    *,
    verb: str,
    back: str,
    note: str = "",
    row: Model | None = None,
    rows: Sequence[Model] = (),
    hidden: Sequence[tuple[str, str]] = (),
) -> HttpResponse:
    context = {
        **admin.admin_site.each_context(request),
        "title": f"{verb}: {row}" if row else verb,
        "verb": verb,
        "opts": admin.opts,
        "original": row,
        "form": form,
        "media": admin.media + form.media,
        "note": note,
        "rows": rows,
        "hidden": hidden,
        "back": back,
    }
    request.current_app = admin.admin_site.name
    return TemplateResponse(request, "admin/punchcard/ask.html", context)


def in_bulk(deed: Deed, *, name: str, label: str, argument: str = "") -> Callable[..., HttpResponse | None]:
    """A list action that names the chosen rows, asks once, and does the deed to each in its own transaction."""

    def act(admin: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        rows = list(queryset[: BULK_MOST + 1])
        if len(rows) > BULK_MOST:
            admin.message_user(request, f"Choose at most {BULK_MOST} at once.", level="error")
            return None
        asked = "apply" in request.POST
        form = deed.form_for(argument)(request.POST if asked else None, argument=argument)
        if asked and form.is_valid():
            results = [_try(deed, row, argument, form.cleaned_data, request) for row in rows]
            return _report(admin, request, label, results)
        hidden = [("action", name), ("apply", "1"), *((ACTION_CHECKBOX_NAME, str(row.pk)) for row in rows)]
        return _ask(admin, request, form, verb=label, back=request.get_full_path(), rows=rows, hidden=hidden)

    act.__name__ = name
    act.short_description = label  # type: ignore[attr-defined]
    return act


@dataclass(frozen=True, slots=True)
class Result:
    row: Model
    done: bool
    said: str


def _try(deed: Deed, row: Model, argument: str, answer: dict[str, Any], request: HttpRequest) -> Result:
    try:
        done = deed.run(row, argument, answer, by=actor_of(request), now=timezone.now())
    except Refusal as refusal:
        sentences = [sentence for _, sentence in getattr(refusal, "fields", [])] or [refusal.sentence]
        return Result(row, False, " ".join(sentences))
    return Result(row, True, deed.outcome(row, argument, done))


def _report(admin: Any, request: HttpRequest, label: str, results: list[Result]) -> HttpResponse:
    done = sum(result.done for result in results)
    context = {
        **admin.admin_site.each_context(request),
        "title": label,
        "opts": admin.opts,
        "summary": f"Done for {done} of {len(results)}.",
        "results": results,
        "back": request.get_full_path(),
    }
    request.current_app = admin.admin_site.name
    return TemplateResponse(request, "admin/punchcard/results.html", context)
