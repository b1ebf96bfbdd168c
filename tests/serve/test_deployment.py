"""What VALIS says and does where it is set up for a network: in processes of its own."""

import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from tests.harness.valis import ROOT, Valis

SECRET_KEY = "a secret key of this test alone, long enough for the checks of Django"
FIELD_KEY = Fernet.generate_key().decode()


def manage(data: Path, *command: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=Valis(data, **env).environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=110,
        check=False,
    )


def test_a_deployment_over_https_has_nothing_to_complain_of(tmp_path: Path) -> None:
    check = manage(
        tmp_path,
        *("check", "--deploy", "--fail-level", "WARNING"),
        VALIS_HTTPS="true",
        VALIS_TRUSTED_PROXIES="127.0.0.1",
        VALIS_ALLOWED_HOSTS="valis.example.org",
        VALIS_SECRET_KEY=SECRET_KEY,
        VALIS_FIELD_KEYS=FIELD_KEY,
    )

    assert check.returncode == 0, check.stdout
    assert "no issues" in check.stdout


def test_https_without_a_listed_web_server_is_pointed_out(tmp_path: Path) -> None:
    check = manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING", VALIS_HTTPS="true")

    assert check.returncode == 1
    assert "VALIS_TRUSTED_PROXIES" in check.stdout


@pytest.mark.parametrize("given", ["VALIS_SECRET_KEY", "VALIS_FIELD_KEYS"])
def test_several_processes_do_not_start_with_secrets_of_their_own(tmp_path: Path, given: str) -> None:
    secrets = {"VALIS_SECRET_KEY": SECRET_KEY, "VALIS_FIELD_KEYS": FIELD_KEY}
    refusal = manage(tmp_path, "check", VALIS_REDIS_URL="redis://127.0.0.1:1/0", **{given: secrets[given]})

    missing = (set(secrets) - {given}).pop()
    assert refusal.returncode == 1
    assert f"Set also {missing}" in refusal.stdout
    assert secrets[given] not in refusal.stdout
    assert "Traceback" not in refusal.stdout
    assert not (tmp_path / "secrets.json").exists()


class TestSecretsInFiles:
    def test_they_are_used(self, tmp_path: Path) -> None:
        database = tmp_path / "elsewhere.sqlite3"
        contents = {
            "VALIS_SECRET_KEY": SECRET_KEY,
            "VALIS_FIELD_KEYS": f"{FIELD_KEY}\n{Fernet.generate_key().decode()}",
            "DATABASE_URL": f"sqlite:///{database}",
        }
        for name, content in contents.items():
            (tmp_path / name).write_text(f"{content}\n")
        files = {f"{name}_FILE": str(tmp_path / name) for name in contents}
        run = manage(tmp_path, "migrate", "--verbosity", "0", **files)

        assert run.returncode == 0, run.stdout
        assert database.exists()
        assert not (tmp_path / "secrets.json").exists()

    @pytest.mark.parametrize(
        ("name", "content", "said"),
        [
            ("VALIS_SECRET_KEY", None, "cannot be read"),
            ("VALIS_FIELD_KEYS", "", "is empty"),
            ("ANTHROPIC_API_KEY", None, "cannot be read"),
        ],
    )
    def test_a_file_that_does_not_do_is_named(
        self, tmp_path: Path, name: str, content: str | None, said: str
    ) -> None:
        file = tmp_path / "the-file"
        if content is not None:
            file.write_text(content)
        refusal = manage(tmp_path, "check", **{f"{name}_FILE": str(file)})

        assert refusal.returncode == 1
        assert f"{name}_FILE" in refusal.stdout
        assert str(file) in refusal.stdout
        assert said in refusal.stdout
        assert "Traceback" not in refusal.stdout

    def test_a_secret_that_is_given_twice_is_refused_and_not_shown(self, tmp_path: Path) -> None:
        (tmp_path / "key").write_text(SECRET_KEY)
        refusal = manage(
            tmp_path, "check", VALIS_SECRET_KEY="another", VALIS_SECRET_KEY_FILE=str(tmp_path / "key")
        )

        assert refusal.returncode == 1
        assert "VALIS_SECRET_KEY and VALIS_SECRET_KEY_FILE are both set" in refusal.stdout
        assert SECRET_KEY not in refusal.stdout
