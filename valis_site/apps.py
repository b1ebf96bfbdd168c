from django.apps import AppConfig


class ValisSiteConfig(AppConfig):
    name = "valis_site"

    def ready(self) -> None:
        from valis_site import checks  # noqa: F401, PLC0415  (registers them)
