"""The ledger, for reading, and what it says beside a persona's caps."""

from django.contrib import admin
from django.db import Error
from unfold.admin import ModelAdmin
from unfold.decorators import display

from accounts.guarded_admin import Guarded
from accounts.rights import Right
from core.money import dollars
from personas.admin import PersonaAdmin
from personas.models import Persona
from providers.engine_settings import current_limits
from usage.caps import DailyCap
from usage.models import Call, CallOutcome


@admin.register(Call)
class CallAdmin(Guarded, ModelAdmin):
    view_right = Right.READ_DIAGNOSTICS
    list_display = (
        *("started_at", "provider", "model", "persona_slug", "result", "error_code"),
        *("first_token_ms", "duration_ms", "tokens_in", "tokens_out", "cost"),
    )
    list_filter = ("outcome", "provider", "purpose", "pricing")
    date_hierarchy = "started_at"
    list_select_related = False
    show_full_result_count = False

    @display(
        description="outcome",
        ordering="outcome",
        label={
            CallOutcome.ANSWERED: "success",
            CallOutcome.FAILED: "danger",
            CallOutcome.UNKNOWN: "danger",
            CallOutcome.OPEN: "info",
        },
    )
    def result(self, call: Call) -> tuple[str, str]:
        return call.outcome, call.get_outcome_display()

    @admin.display(description="cost", ordering="cost_usd")
    def cost(self, call: Call) -> str:
        return "" if call.outcome == CallOutcome.OPEN else dollars(call.cost_usd)


def used_today(persona: Persona) -> str:
    """Of what is in force, whoever set it. Calls that run count with their estimate."""
    try:
        day = DailyCap(persona.pk, current_limits()).day_of(persona)
    except (Error, TypeError, ValueError, ArithmeticError):
        return "The caps cannot be read."
    return f"{day.tokens:,} of {day.token_cap:,} tokens, {dollars(day.cost)} of {dollars(day.cost_cap)}"


PersonaAdmin.day_in_words = staticmethod(used_today)
