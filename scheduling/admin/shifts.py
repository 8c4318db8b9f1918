"""Shifts as people write them: days as boxes from Sunday to Saturday, times as HH:MM, 24:00 as an end."""

from typing import Any, ClassVar

from django import forms
from django.forms.formsets import DELETION_FIELD_NAME
from django.forms.models import BaseInlineFormSet

from scheduling.models import Shift
from scheduling.services.schedules import as_data
from workforce.rules.refusals import Invalid, Refusal

_DAYS = [(day.lower(), day) for day in ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")]


def _time_field(placeholder: str) -> forms.CharField:
    return forms.CharField(
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": placeholder, "size": 5, "inputmode": "numeric"}),
    )


class ShiftForm(forms.ModelForm):
    """One row. What is in it, the service checks with its neighbours."""

    name = forms.CharField(max_length=40, required=False, widget=forms.TextInput(attrs={"placeholder": "Early"}))
    days = forms.MultipleChoiceField(choices=_DAYS, required=False, widget=forms.CheckboxSelectMultiple)
    start = _time_field("09:00")
    end = _time_field("17:00")

    class Meta:
        model = Shift
        fields = ["name", "days"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial.update(as_data(self.instance.window()))

    def _post_clean(self) -> None:
        """The row itself is written by the service."""

    def as_said(self) -> dict[str, Any]:
        return {name: self.cleaned_data.get(name) for name in ("name", "days", "start", "end")}


class ShiftFormSet(BaseInlineFormSet):
    refusal: ClassVar[Refusal | None] = None

    def live_forms(self) -> list[Any]:
        """The rows that count, in the order the service is told of them."""
        return [
            form
            for form in self.forms
            if (form.instance.pk or form.has_changed())
            and not getattr(form, "cleaned_data", {}).get(DELETION_FIELD_NAME)
        ]

    def shifts(self) -> list[dict[str, Any]]:
        return [form.as_said() for form in self.live_forms()]

    def clean(self) -> None:
        """Nothing of its own; the service's words about ``shifts.<row>.<field>`` go to that row's field."""
        if not isinstance(self.refusal, Invalid):
            return
        rows = self.live_forms()
        for path, sentence in self.refusal.fields:
            head, *rest = path.split(".")
            if head != "shifts":
                continue
            if rest and rest[0].isdigit() and int(rest[0]) < len(rows):
                row = rows[int(rest[0])]
                row.add_error(rest[1] if len(rest) > 1 and rest[1] in row.fields else None, sentence)
            else:
                self._non_form_errors.append(sentence)  # type: ignore[attr-defined]
