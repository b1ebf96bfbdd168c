"""The files for a server agree with VALIS and with each other. No container engine is needed to see it."""

import inspect
import re
import shlex
from pathlib import Path

import pytest
from daphne.server import Server
from django.conf import settings

from tests.deploy.certificates import make_certificate
from tests.deploy.composition import ROOT, Composition, Refused
from tests.deploy.front import TEMPLATE, Front
from tests.test_architecture import LINTER
from tests.test_docs import variables_in_settings

ASKED_FOR = re.findall(r"^(\w+)=", (ROOT / "deploy/production.env.example").read_text(), re.MULTILINE)
OURS = ("web1", "web2", "worker", "housekeeping", "beat", "migrate", "backup")


@pytest.fixture
def composition() -> Composition:
    return Composition(dict.fromkeys(ASKED_FOR, "given"))


@pytest.mark.parametrize("name", ASKED_FOR)
def test_nothing_starts_without_what_the_example_asks_for(name: str) -> None:
    with pytest.raises(Refused, match=f"{name}: see docs/how-to/deploy.md"):
        Composition(dict.fromkeys(set(ASKED_FOR) - {name}, "given"))


def test_every_variable_is_one_that_valis_reads(composition: Composition) -> None:
    named = {name for service in OURS for name in composition.services[service]["environment"]}
    assert named - {"VALIS_BACKUP_HOUR"} <= variables_in_settings()


def test_everything_comes_back_by_itself(composition: Composition) -> None:
    restarts = {name: service["restart"] for name, service in composition.services.items()}
    assert restarts.pop("migrate") == "no"
    assert set(restarts.values()) == {"always"}


def test_only_the_web_server_in_front_can_be_reached(composition: Composition) -> None:
    assert [name for name, service in composition.services.items() if "ports" in service] == ["nginx"]
    assert composition.document["networks"]["back"]["internal"]
    for name in ("postgres", "redis"):
        assert composition.services[name]["networks"] == ["back"]


def test_only_the_web_server_in_front_is_believed(composition: Composition) -> None:
    fronts = {name: composition.services[name]["networks"]["front"] for name in ("nginx", "web1", "web2")}
    addresses = {name: each["ipv4_address"] for name, each in fronts.items()}
    front = composition.environment("nginx")

    assert composition.environment("web1")["VALIS_TRUSTED_PROXIES"] == addresses["nginx"]
    assert front["VALIS_WEB_1"] == f"{addresses['web1']}:8000"
    assert front["VALIS_WEB_2"] == f"{addresses['web2']}:8000"


def test_nobody_is_killed_who_is_still_saving(composition: Composition) -> None:
    saving = settings.VALIS_DRAIN_SECONDS + 10
    units = [path.read_text() for path in (ROOT / "deploy/systemd").glob("valis*@.service")]

    assert all(int(composition.services[name]["stop_grace_period"][:-1]) > saving for name in OURS)
    assert len(units) == 2
    assert all(int(re.findall(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)[0]) > saving for unit in units)


def test_systemd_starts_what_compose_starts(composition: Composition) -> None:
    folder = ROOT / "deploy/systemd"
    target = (folder / "valis.target").read_text()
    started = set()
    for template, instance in re.findall(r"(valis[\w-]*@)(\w+)\.service", target):
        unit = (folder / f"{template}.service").read_text().replace("%i", instance)
        started.add(_subcommand(re.findall(r"^ExecStart=(.*)$", unit, re.MULTILINE)[0]))

    assert started == {_subcommand(shlex.join(composition.command(name))) for name in OURS[:5]}


def _subcommand(command: str) -> str:
    found = re.search(r"manage\.py (\w+)", command)
    assert found, command
    return found[1]


def test_every_package_is_in_the_image() -> None:
    let_in = set(re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE))

    assert {*LINTER["root_packages"], "static", "templates", "manage.py", "deploy"} <= let_in
    assert not {".env", "var", ".git", "tests"} & let_in


def test_nginx_accepts_its_configuration_and_lets_in_what_valis_lets_in(tmp_path: Path) -> None:
    make_certificate(tmp_path / "tls")
    variables = {
        "VALIS_HOST": "valis.example.org",
        "VALIS_WEB_1": "127.0.0.1:8001",
        "VALIS_WEB_2": "127.0.0.1:8002",
        "VALIS_STATIC_DIR": "/srv/static",
        "VALIS_CERTIFICATES": str(tmp_path / "tls"),
    }
    said = Front(tmp_path / "nginx", variables).check()

    assert "test is successful" in said
    assert _in_bytes(_setting("client_max_body_size")) == settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    assert f"{settings.DATA_UPLOAD_MAX_MEMORY_SIZE:,} bytes at most" in TEMPLATE.read_text()


def test_an_idle_socket_is_pinged_before_nginx_gives_it_up() -> None:
    ping = inspect.signature(Server.__init__).parameters["ping_interval"].default
    waits = re.findall(r"proxy_read_timeout (\d+)s", TEMPLATE.read_text().partition("location /ws/")[2])

    assert int(waits[0]) > 2 * ping


def _setting(name: str) -> str:
    return re.findall(rf"^\s*{name} (\S+);", TEMPLATE.read_text(), re.MULTILINE)[0]


def _in_bytes(size: str) -> int:
    return int(size[:-1]) * {"k": 1024, "m": 1024**2}[size[-1]]
