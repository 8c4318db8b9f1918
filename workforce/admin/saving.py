"""Forms of the admin that write through services, and show a service's refusal where the reader can mend it.

The form checks shapes, the service decides and writes. When it refuses, its transaction is undone and the page is built
a second time with the refusal among the form's errors: nothing is half written and nothing typed is lost.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.db.models import Model
from django.forms.models import BaseInlineFormSet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from workforce.admin.base import ScopedAdmin
from workforce.rules.actors import Actor
from workforce.rules.refusals import Invalid, Missing, Refusal
from workforce.selectors.standing import actor_of_user

_KEPT_AS = "_service_refusal"


def refusal_of(request: HttpRequest) -> Refusal | None:
    """What the service said to the first attempt of this request."""
    return getattr(request, _KEPT_AS, None)


def add_refusal(form: forms.BaseForm, refusal: Refusal, *, aliases: Mapping[str, str] | None = None) -> None:
    """Put a service's words on the fields they are about, and the rest at the top of the form.

    A path such as ``capability_tags.0`` belongs to ``capability_tags``; ``aliases`` name the field of this form where
    the service calls it differently.
    """
    if not isinstance(refusal, Invalid):
        form.add_error(None, refusal.sentence)
        return
    for path, sentence in refusal.fields:
        head = path.split(".")[0]
        name = (aliases or {}).get(head, head)
        form.add_error(name if name in form.fields else None, sentence)


class ServiceForm(forms.ModelForm):
    """Checks shapes only. What the model would say about its constraints, the service says better."""

    aliases: ClassVar[Mapping[str, str]] = {}
    #: Paths that belong to rows of a formset, which shows them itself.
    elsewhere: ClassVar[frozenset[str]] = frozenset()
    refusal: ClassVar[Refusal | None] = None

    def _post_clean(self) -> None:
        if self.refusal is not None:
            add_refusal(self, _without(self.refusal, self.elsewhere), aliases=self.aliases)

    def changes(self) -> dict[str, Any]:
        """Cleaned values of the fields that were changed."""
        return {name: self.cleaned_data[name] for name in self.changed_data if name in self.cleaned_data}


def _without(refusal: Refusal, heads: frozenset[str]) -> Refusal:
    if not isinstance(refusal, Invalid) or not heads:
        return refusal
    return Invalid([(path, said) for path, said in refusal.fields if path.split(".")[0] not in heads], refusal.sentence)


class ServiceAdmin(ScopedAdmin):
    """A model that people change here, through ``write`` (and ``remove``) of the subclass."""

    may_add = True
    may_change = True
    has_history = True
    form = ServiceForm

    def write(
        self, request: HttpRequest, form: Any, formsets: list[BaseInlineFormSet], *, change: bool, by: Any, now: Any
    ) -> Model:
        """Call the service with the valid form and return the row as written. May raise any ``Refusal``."""
        raise NotImplementedError

    def remove(self, row: Any, *, by: Any, now: Any) -> None:
        """Call the service that removes this row. May raise any ``Refusal``."""
        raise NotImplementedError

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"refusal": refusal_of(request)})

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except Missing as missing:
            raise Http404(missing.sentence) from missing
        except Refusal as refusal:
            setattr(request, _KEPT_AS, refusal)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        """Nothing yet: the service is called once, with the form and its rows together."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        if change and not form.has_changed() and not any(formset.has_changed() for formset in formsets):
            return
        written = self.write(request, form, list(formsets), change=change, by=actor_of(request), now=timezone.now())
        # The answer Django gives next names and links the instance the form was made with.
        form.instance.__dict__.update(written.__dict__)

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> list[Any]:
        return []

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, extra_context)
        except Missing as missing:
            raise Http404(missing.sentence) from missing
        except Refusal as refusal:
            self.message_user(request, refusal.sentence, level="error")
            return self.response_post_save_change(request, None)

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        self.remove(obj, by=actor_of(request), now=timezone.now())


def actor_of(request: HttpRequest) -> Actor:
    return actor_of_user(request.user)  # type: ignore[arg-type]
