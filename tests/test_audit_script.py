"""`make audit` says what it knows, and does not take silence for safety."""

import subprocess
import sys
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from tests.harness.valis import ROOT, free_port

SERVICE = "/v1/query"


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    file = tmp_path / "requirements.txt"
    file.write_text("some-package==1.0\n")
    return file


def audit(packages: Path, service: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "scripts.audit",
        *options,
        "-r",
        str(packages),
        "--no-deps",
        "--disable-pip",
    ]
    return subprocess.run(
        [*command, "--vulnerability-service", "osv", "--osv-url", service],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_known_vulnerability_fails_with_the_version_that_mends_it(
    packages: Path, httpserver: HTTPServer
) -> None:
    affected = [
        {
            "package": {"name": "some-package", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.1"}]}],
            "versions": ["1.0"],
        }
    ]
    found = {"id": "GHSA-made-up", "summary": "", "details": "", "aliases": [], "affected": affected}
    httpserver.expect_request(SERVICE).respond_with_json({"vulns": [found]})
    run = audit(packages, httpserver.url_for(SERVICE))

    assert run.returncode == 1, run.stdout + run.stderr
    assert "some-package 1.0: GHSA-made-up, fixed in 1.1" in run.stdout


def test_without_one_it_says_how_many_were_looked_up(packages: Path, httpserver: HTTPServer) -> None:
    httpserver.expect_request(SERVICE).respond_with_json({})
    run = audit(packages, httpserver.url_for(SERVICE))

    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.strip() == "[audit] No known vulnerability. Packages looked up: 1."


@pytest.mark.parametrize(("options", "code"), [([], 0), (["--required"], 1)])
def test_without_an_answer_it_says_that_nothing_was_checked(
    packages: Path, options: list[str], code: int
) -> None:
    run = audit(packages, f"http://127.0.0.1:{free_port()}{SERVICE}", *options)

    assert run.returncode == code
    assert run.stdout.startswith("[audit] NOT CHECKED for known vulnerabilities: ")
