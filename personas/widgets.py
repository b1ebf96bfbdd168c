"""How staff set what is not a text: sliders, and “the general value, or one of its own”."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from personas.traits import KNOWN

_MIDDLE = 50
_LEVELS = {str(level) for level in range(101)}


class PanelWidget(forms.Widget):
    """Rendered by a template of ours."""

    template = ""

    def id_for_label(self, id_: str | None) -> str:
        """Each part has a label of its own."""
        return ""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        return render_to_string(self.template, {"name": name, **self.parts(name, value)})

    def parts(self, name: str, value: Any) -> dict[str, Any]:
        raise NotImplementedError


class TraitSliders(PanelWidget):
    """A slider for each trait with a meaning, lines for others. To the field it is all lines."""

    template = "personas/admin/traits.html"

    def parts(self, name: str, value: Any) -> dict[str, Any]:
        levels: dict[str, int] = {}
        others: list[str] = []
        for line in str(value or "").splitlines():
            trait, _, level = (part.strip() for part in line.partition(":"))
            if trait in KNOWN and trait not in levels and level in _LEVELS:
                levels[trait] = int(level)
            else:
                others.append(line)
        rows = [(trait, trait in levels, levels.get(trait, _MIDDLE)) for trait in KNOWN]
        return {"rows": rows, "others": "\n".join(others)}

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str:
        chosen = [trait for trait in KNOWN if data.get(f"{name}-has-{trait}")]
        lines = [f"{trait}: {data.get(f'{name}-{trait}', _MIDDLE)}" for trait in chosen]
        return "\n".join([*lines, data.get(name, "")])

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return not any(key == name or key.startswith(f"{name}-has-") for key in data)


class GeneralOrOwn(PanelWidget):
    """The general value, or one of the persona's own: on a slider, or as a number."""

    template = "personas/admin/general_or_own.html"

    def __init__(self, general: Callable[[], str], *, kind: str = "number", **bounds: Any) -> None:
        super().__init__()
        self.general = general
        self.kind = kind
        self.bounds = bounds

    def parts(self, name: str, value: Any) -> dict[str, Any]:
        has_own = value not in (None, "")
        bounds = dict(self.bounds)
        start = bounds.pop("start", "")
        if self.kind == "range" and has_own and _is_between(value):
            bounds["step"] = "any"
        return {
            "label": name.removesuffix("_usd").replace("_", " ").capitalize(),
            "kind": self.kind,
            "general": self.general(),
            "has_own": has_own,
            "own": value if has_own else start,
            "bounds": bounds,
        }

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return None if data.get(f"{name}-from") == "general" else data.get(name)


def _is_between(value: Any) -> bool:
    """A value that was set elsewhere and is no step of the slider, which would silently move it."""
    try:
        return abs(float(value) * 10 - round(float(value) * 10)) > 1e-9
    except ValueError:
        return False


class Providers(PanelWidget):
    """The persona's own order: a provider and a model in each row. To the field it is all lines."""

    template = "personas/admin/cascade.html"
    SPARE_ROWS = 2

    def __init__(self, known: Callable[[], list[tuple[str, str]]]) -> None:
        super().__init__()
        self.known = known
        """Names of providers, each with a model that it is set up with."""

    def parts(self, name: str, value: Any) -> dict[str, Any]:
        known = self.known()
        chosen = [line.partition(" ")[::2] for line in str(value or "").splitlines() if line.strip()]
        names = list(dict.fromkeys([*(each for each, _ in known), *(each for each, _ in chosen)]))
        models = sorted({model.strip() for _, model in [*known, *chosen] if model.strip()})
        return {"rows": [*chosen, *[("", "")] * self.SPARE_ROWS], "names": names, "models": models}

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str:
        if f"{name}-provider" not in data:
            return str(data.get(name, ""))
        pairs = zip(data.getlist(f"{name}-provider"), data.getlist(f"{name}-model"), strict=False)
        return "\n".join(f"{provider} {model}".strip() for provider, model in pairs if provider)

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return name not in data and f"{name}-provider" not in data
