from django.urls import path

from diagnostics import dry_run_views, live_views, views
from diagnostics.configuration import views as configuration
from diagnostics.drills import views as drills
from diagnostics.fidelity import views as fidelity

app_name = "diagnostics"
urlpatterns = [
    path("", live_views.live, name="live"),
    path("tiles/", live_views.tiles, name="tiles"),
    path("circuits/<int:circuit_id>/reset/", live_views.reset_one, name="reset-circuit"),
    path("messages/", live_views.messages, name="messages"),
    path("config/", configuration.page, name="config"),
    path("config/file/", configuration.load, name="load-config"),
    path("config/file/export/", configuration.export, name="export-config"),
    path("config/snapshots/<int:snapshot_id>/", configuration.restore, name="restore-config"),
    path("config/snapshots/<int:snapshot_id>/download/", configuration.download, name="download-config"),
    path("drills/", drills.drills, name="drills"),
    path("drills/start/", drills.start, name="start-drill"),
    path("drills/<int:drill_id>/", drills.report, name="drill"),
    path("drills/<int:drill_id>/act/", drills.act, name="act-on-drill"),
    path("fidelity/", fidelity.overview, name="fidelity"),
    path("fidelity/start/", fidelity.start, name="start-fidelity"),
    path("fidelity/drafts/<int:persona_id>/", fidelity.check_draft, name="check-draft"),
    path("fidelity/<int:run_id>/", fidelity.report, name="fidelity-run"),
    path("fidelity/<int:run_id>/stop/", fidelity.stop, name="stop-fidelity"),
    path("dry-run/", dry_run_views.show, name="dry-run"),
    path("providers/<int:provider_id>/test/", views.test_provider, name="test-provider"),
]
