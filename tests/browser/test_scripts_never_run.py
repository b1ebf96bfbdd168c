"""Whatever people, models or staff write: nothing of it runs, and nothing loads from elsewhere."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.watching import Watch
from tests.harness.running import BACKUP_MODEL, MODEL, use_backup
from tests.harness.store import database, set_up_provider
from tests.harness.valis import Valis
from tests.playing import PlayingServer

PAYLOADS = [
    "<script>window.pwned = 1</script>",
    "<script src=https://elsewhere.example/x.js></script>",
    '<img src=x onerror="window.pwned = 1">',
    "<svg onload=window.pwned=1><animate onbegin=window.pwned=1 attributeName=x dur=1s></svg>",
    '"><img src=/x onerror=window.pwned=1><b title="',
    "<details open ontoggle=window.pwned=1>x</details>",
    "<iframe srcdoc='<script>parent.pwned = 1</script>'></iframe>",
    "<math><mtext><table><mglyph><style><img src=x onerror=window.pwned=1></style></table></math>",
    "<a href=javascript:window.pwned=1>click</a>",
    "[click](javascript:window.pwned=1)",
    "[click](java&Tab;script:window.pwned=1)",
    "[click](data:text/html,<script>window.pwned=1</script>)",
    "[click](https://example.org 'title\" onclick=\"window.pwned=1')",
    "<javascript:window.pwned=1>",
    "![picture](https://elsewhere.example/picture.png)",
    "<link rel=stylesheet href=https://elsewhere.example/x.css>",
    "<style>@import 'https://elsewhere.example/x.css'; * { display: none }</style>",
    "<form action=https://elsewhere.example><button autofocus>send</button></form>",
    "<div hx-get=/chat/ hx-trigger=load hx-on:htmx:load='window.pwned = 1'>x</div>",
    "<p data-action=story href=https://elsewhere.example>x</p>",
    "{{ constructor.constructor('window.pwned = 1')() }} ${window.pwned = 1} {% debug %}",
    "</template></textarea></title><script>window.pwned = 1</script>",
    "```html\n<script>window.pwned = 1</script>\n```",
    '```"><script>window.pwned=1</script>\ncode\n```',
]
CORPUS = "\n\n".join(PAYLOADS)
LINKS = "links => links.map((link) => link.protocol)"


def _assert_nothing_ran(page: Page) -> None:
    page.wait_for_timeout(200)
    assert page.evaluate("() => window.pwned") is None
    protocols = page.locator("a[href]").evaluate_all(LINKS)
    assert set(protocols) <= {"http:", "https:", "mailto:"}
    assert page.locator("iframe, object, embed, form[action*=elsewhere]").count() == 0
    assert page.locator("[data-slot=html] :is(script, style, img, svg, form)").count() == 0
    assert page.locator("[data-slot=html] button:not(.code-head > [data-action=copy-code])").count() == 0


@pytest.fixture
def spoilt(valis: Valis) -> Iterator[Callable[..., None]]:
    """Jane with something else in some of her fields; as she was, when the test has ended."""
    before: dict[str, str] = {}

    def spoil(**fields: str) -> None:
        with database(valis.data, is_writable=True) as connection:
            jane = connection.execute("SELECT * FROM personas_persona WHERE slug = 'jane'").fetchone()
            for column, text in fields.items():
                before.setdefault(column, jane[column])
                change = f"UPDATE personas_persona SET {column} = ? WHERE slug = 'jane'"
                connection.execute(change, [text])

    yield spoil
    spoil(**before)


def test_in_a_message_and_so_in_the_title_of_its_chat(visit: Visit) -> None:
    chat = visit()
    chat.ask(CORPUS)
    for _ in range(2):
        assert chat.messages.locator("[data-slot=text]").inner_text().strip() == CORPUS
        expect(chat.page.locator("#subject")).to_have_text(PAYLOADS[0])
        expect(chat.sidebar.locator("#sessions [aria-current=page]")).to_contain_text(PAYLOADS[0])
        _assert_nothing_ran(chat.page)
        chat.page.reload()


@pytest.mark.parametrize("payload", PAYLOADS[:6])
def test_in_a_title_alone(visit: Visit, payload: str) -> None:
    chat = visit()
    chat.ask(payload)
    chat.page.reload()
    expect(chat.page).to_have_title(re.compile(rf"^{re.escape(payload[:20])}.* · VALIS$"))
    _assert_nothing_ran(chat.page)


def test_in_what_a_model_says_word_by_word_and_when_it_has_ended(
    visit: Visit, playing: PlayingServer
) -> None:
    playing.cast(MODEL, f"say:{CORPUS}")
    chat = visit()
    reply = chat.ask("Attack me.")
    expect(chat.prose_of(reply)).to_contain_text(PAYLOADS[0])
    _assert_nothing_ran(chat.page)
    chat.page.reload()
    expect(chat.prose_of(reply)).to_contain_text(PAYLOADS[0])
    _assert_nothing_ran(chat.page)


def test_in_an_attempt_that_was_replaced_and_in_the_name_of_a_model(
    visit: Visit, valis: Valis, playing: PlayingServer
) -> None:
    use_backup(valis.data, playing)
    set_up_provider(valis.data, "local", model=f"{BACKUP_MODEL}#{PAYLOADS[2]}")
    playing.cast(MODEL, "cut:3")
    playing.cast(f"{BACKUP_MODEL}#{PAYLOADS[2]}", "say:Done.")
    chat = visit()
    reply = chat.ask(CORPUS)
    expect(chat.provider_of(reply)).to_contain_text(PAYLOADS[2])
    chat.provider_of(reply).click()
    expect(chat.dialog).to_contain_text(PAYLOADS[2])
    _assert_nothing_ran(chat.page)


def test_in_a_persona(visit: Visit, spoilt: Callable[..., None], watch: Watch) -> None:
    spoilt(name=PAYLOADS[4], role=CORPUS, description=CORPUS, greeting=CORPUS)
    chat = visit()
    expect(chat.page.locator("[data-greeting=jane]")).to_contain_text(PAYLOADS[0])
    _assert_nothing_ran(chat.page)
    reply = chat.ask("Who are you?")
    expect(reply.locator("[data-slot=name]")).to_have_text(PAYLOADS[4])
    _assert_nothing_ran(chat.page)
    chat.page.reload()
    _assert_nothing_ran(chat.page)
    for path in ("/admin/personas/persona/", "/admin/personas/persona/1/change/"):
        page = visit(path, person="staff").page
        page.wait_for_timeout(300)
        assert page.evaluate("() => window.pwned") is None


def test_in_the_address(visit: Visit, watch: Watch) -> None:
    watch.expect("404")
    for path in ("/chat/?persona=<script>window.pwned=1</script>", "/<script>window.pwned=1</script>"):
        _assert_nothing_ran(visit(path).page)
