from django.apps import AppConfig


class DiagnosticsConfig(AppConfig):
    name = "diagnostics"

    def ready(self) -> None:
        from diagnostics.configuration.watching import watch_configuration  # noqa: PLC0415

        watch_configuration()
