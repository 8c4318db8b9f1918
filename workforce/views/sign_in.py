"""Signing in and out."""

from django.contrib.auth.views import LoginView, LogoutView

from workforce.forms import SignInForm


class SignIn(LoginView):
    """Django's view renews the session and takes only a ``next`` on this host; django-axes limits guessing."""

    template_name = "workforce/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True


class SignOut(LogoutView):
    """POST only."""
