"""Forms about people: signing in, and what they prefer. Rules and sentences are the services'."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm

from workforce.choices import Theme


class SignInForm(AuthenticationForm):
    """E-mail address and password. One answer, whether the address is unknown or the password wrong."""

    error_messages = {
        "invalid_login": "That e-mail address and password do not match. Check both; capital letters count.",
        "inactive": "That e-mail address and password do not match. Check both; capital letters count.",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        email = self.fields["username"]
        email.label = "E-mail address"
        email.widget = forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True, "maxlength": 254})

    def clean_username(self) -> str:
        """Addresses are stored in small letters."""
        return str(self.cleaned_data["username"]).strip().lower()


class PreferencesForm(forms.Form):
    """Only the shape of the fields; ``services.people.set_preferences`` checks what is in them."""

    name = forms.CharField(required=False, max_length=2_000)
    time_zone = forms.CharField(required=False, max_length=2_000)
    theme = forms.CharField(required=False, max_length=200, initial=Theme.SYSTEM)
