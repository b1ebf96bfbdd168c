"""One's own session as a file."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from chat.keeping import change_session
from chat.models import Session
from chat.services import stop_turn
from providers.models import EngineSettings, Provider
from tests.chat.conftest import Say
from tests.chat.working import reply_to

pytestmark = pytest.mark.django_db


@pytest.fixture
def session(say: Say, provider: Callable[..., Provider]) -> Session:
    """A question with its reply, and one whose reply was stopped before it began."""
    provider("say:A *poem*.")
    turn = say("What should I read?\n\n# Now?").turn
    reply_to(turn)
    stop_turn(say("And then?", session_id=turn.session_id).turn)
    return turn.session


@pytest.fixture
def browser(alice: User, as_user: Callable[[User], Client]) -> Client:
    return as_user(alice)


def test_as_json_it_has_who_said_what_and_who_answered(browser: Client, session: Session) -> None:
    answer = browser.get(f"/api/sessions/{session.pk}/export?form=json")

    chat = answer.json()
    assert answer.headers["Content-Disposition"] == 'attachment; filename="what-should-i-read.json"'
    assert (chat["valis_chat"], chat["title"], chat["persona"]) == (2, "What should I read?", "jane")
    assert [(each["role"], each["text"]) for each in chat["messages"]] == [
        ("user", "What should I read?\n\n# Now?"),
        ("assistant", "A *poem*."),
        ("user", "And then?"),
    ]
    reply = chat["messages"][1]
    assert (reply["persona"]["name"], reply["provider"]["name"], reply["status"]) == (
        "Jane",
        "main",
        "complete",
    )


def test_as_markdown_it_is_for_reading(browser: Client, session: Session) -> None:
    answer = browser.get(f"/api/sessions/{session.pk}/export?form=markdown")

    text = answer.content.decode()
    assert answer.headers["Content-Type"] == "text/markdown; charset=utf-8"
    assert text.startswith("# What should I read?\n\n## Jane\n\nHello, I'm Jane.")
    assert text.index("Hello, I'm Jane.") < text.index("## alice, 20")
    assert text.index("A *poem*.") < text.index("And then?")
    assert "*OpenAI · say:A *poem*.*" in text


def test_a_reply_that_was_cut_says_so_in_the_file_as_well(
    browser: Client, say: Say, provider: Callable[..., Provider], quick_engine: EngineSettings
) -> None:
    EngineSettings.objects.update(max_output=16)
    provider("tokens:40")
    turn = say("Tell me all of it.").turn
    reply_to(turn)

    text = browser.get(f"/api/sessions/{turn.session_id}/export?form=markdown").content.decode()
    assert text.endswith("*This reply was cut at the limit of what a reply may hold.*\n")


def test_a_long_session_is_exported_whole_and_in_order(browser: Client, say: Say) -> None:
    session = say("Message 0").message.session
    for number in range(1, 12):
        say(f"Message {number}", session_id=session.pk)

    chat = browser.get(f"/api/sessions/{session.pk}/export").json()
    assert [each["text"] for each in chat["messages"]] == [f"Message {number}" for number in range(12)]


def test_a_title_of_other_letters_still_names_a_file(browser: Client, session: Session, alice: User) -> None:
    change_session(alice, session.pk, title='猫 "; x=')
    answer = browser.get(f"/api/sessions/{session.pk}/export")

    assert answer.headers["Content-Disposition"] == 'attachment; filename="x.json"'


@pytest.mark.parametrize("name", ["bob", "charlie", "sue"])
def test_nobody_else_exports_it(
    name: str, session: Session, as_user: Callable[[User], Client], request: pytest.FixtureRequest
) -> None:
    other: User = request.getfixturevalue(name)

    assert as_user(other).get(f"/api/sessions/{session.pk}/export").status_code == 404


def test_the_menu_leads_to_both_files(browser: Client, session: Session) -> None:
    menu = browser.get(f"/chat/{session.pk}/manage/").content.decode()

    assert f"/api/sessions/{session.pk}/export?form=markdown" in menu
    assert f"/api/sessions/{session.pk}/export?form=json" in menu
