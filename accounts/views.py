"""Logging in."""

from typing import Any

from django.contrib.auth import views
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from accounts.lockout import is_locked_out, lockout_seconds


class LoginView(views.LoginView):
    """The one door in: admin sends people here too."""

    template_name = "accounts/login.html"
    redirect_authenticated_user = True

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        if not is_locked_out(self.request):
            return super().form_invalid(form)
        context: dict[str, Any] = self.get_context_data(form=form, locked_minutes=lockout_seconds() // 60)
        headers = {"Retry-After": str(lockout_seconds())}
        return self.render_to_response(context, status=429, headers=headers)


@require_safe
def admin_login(request: HttpRequest) -> HttpResponse:
    """In place of admin's own form. Who is logged in and comes here may not enter."""
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect_to_login(request.GET.get("next", "/admin/"))
