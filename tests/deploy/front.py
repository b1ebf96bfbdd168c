"""The packaged nginx with the configuration of VALIS, as its image would fill it in."""

import re
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from tests.harness.valis import free_port, status_of

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "deploy/nginx/valis.conf.template"
_AROUND = """
user root;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    include /etc/nginx/mime.types;
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/valis.conf;
}}
"""


def program() -> str:
    # It is in a folder that the path of a usual user lacks.
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/bin")
    assert found, "nginx is missing: scripts/install_test_tools.sh gets it"
    return found


def filled_in(variables: Mapping[str, str]) -> str:
    """What envsubst makes of the template; nginx's own variables stay."""
    return re.sub(r"\$\{(VALIS_\w+)\}", lambda found: variables[found[1]], TEMPLATE.read_text())


class Front:
    def __init__(self, folder: Path, variables: Mapping[str, str]) -> None:
        self._folder = folder
        self.port, self.http_port = free_port(), free_port()
        listen = {
            "VALIS_HTTPS_LISTEN": f"127.0.0.1:{self.port}",
            "VALIS_HTTP_LISTEN": f"127.0.0.1:{self.http_port}",
        }
        folder.mkdir(parents=True, exist_ok=True)
        self._config = folder / "nginx.conf"
        self._config.write_text(_AROUND.format(folder=folder))
        (folder / "valis.conf").write_text(filled_in({**variables, **listen}))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def check(self) -> str:
        """What `nginx -t` says."""
        command = [program(), "-t", "-c", str(self._config)]
        return subprocess.run(command, capture_output=True, text=True, timeout=20, check=False).stderr

    def start(self) -> None:
        self._process = subprocess.Popen([program(), "-c", str(self._config)], start_new_session=True)
        ends_at = time.monotonic() + 20
        while status_of(f"{self.url}/metrics") != 404:
            assert self._process.poll() is None, (self._folder / "error.log").read_text()
            assert time.monotonic() < ends_at, "nginx does not answer"
            time.sleep(0.05)

    def stop(self) -> None:
        if self._process:
            self._process.terminate()
            self._process.wait(10)
