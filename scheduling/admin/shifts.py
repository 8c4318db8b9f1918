"""The windows of hours as people write them. Shifts: days as boxes from Sunday to Saturday, times as HH:MM, 24:00 as an
end. Rules of custom hours: a first start, a recurrence, a length."""

from typing import Any, ClassVar

from django import forms
from django.forms.formsets import DELETION_FIELD_NAME
from django.forms.models import BaseInlineFormSet

from scheduling.forms.custom import COMMON_RULES, RuleRow
from scheduling.models import RecurrenceRule, Shift
from scheduling.rules.custom_entry import rule_as_data
from scheduling.services.schedules import as_data
from workforce.admin.fields import ChoiceInput
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


class RuleForm(forms.ModelForm):
    """One recurrence. The service checks it; its meaning in words stands beside it once it is saved."""

    name = forms.CharField(max_length=60, required=False, widget=forms.TextInput(attrs={"placeholder": "Desk"}))
    dtstart = forms.CharField(
        max_length=40,
        required=False,
        label="First start",
        widget=forms.TextInput(attrs={"placeholder": "2026-11-23T09:00", "size": 16}),
    )
    rrule = forms.CharField(
        max_length=1000, required=False, label="Recurs", widget=ChoiceInput([rule for rule, _ in COMMON_RULES])
    )
    duration_minutes = forms.CharField(
        max_length=20,
        required=False,
        label="Minutes",
        widget=forms.TextInput(attrs={"placeholder": "480", "size": 5, "inputmode": "numeric"}),
    )

    class Meta:
        model = RecurrenceRule
        fields = ["name"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            said = rule_as_data(self.instance.rule())
            self.initial.update({name: str(value) for name, value in said.items()})

    def _post_clean(self) -> None:
        """The row itself is written by the service."""

    def as_said(self) -> dict[str, Any]:
        names = ("name", "dtstart", "rrule", "duration_minutes")
        said: dict[str, Any] = {name: self.cleaned_data.get(name) or "" for name in names}
        return RuleRow(**said).as_data()


class RowFormSet(BaseInlineFormSet):
    """Rows that are written together by the service of the hours. ``head`` is what the service calls them."""

    head: ClassVar[str]
    refusal: ClassVar[Refusal | None] = None

    def live_forms(self) -> list[Any]:
        """The rows that count, in the order the service is told of them."""
        return [
            form
            for form in self.forms
            if (form.instance.pk or form.has_changed())
            and not getattr(form, "cleaned_data", {}).get(DELETION_FIELD_NAME)
        ]

    def as_said(self) -> list[dict[str, Any]]:
        return [form.as_said() for form in self.live_forms()]

    def clean(self) -> None:
        """Nothing of its own; the service's words about ``<head>.<row>.<field>`` go to that row's field."""
        if not isinstance(self.refusal, Invalid):
            return
        rows = self.live_forms()
        for path, sentence in self.refusal.fields:
            head, *rest = path.split(".")
            if head != self.head:
                continue
            if rest and rest[0].isdigit() and int(rest[0]) < len(rows):
                row = rows[int(rest[0])]
                row.add_error(rest[1] if len(rest) > 1 and rest[1] in row.fields else None, sentence)
            else:
                self._non_form_errors.append(sentence)  # type: ignore[attr-defined]


class ShiftFormSet(RowFormSet):
    head = "shifts"


class RuleFormSet(RowFormSet):
    head = "rules"
