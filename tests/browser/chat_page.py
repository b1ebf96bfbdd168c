"""The chat page as people use it."""

from playwright.sync_api import Locator, Page, expect


class ChatPage:
    def __init__(self, page: Page) -> None:
        self.page = page
        self.field = page.locator("#composer-text")
        self.complaint = page.locator("#composer-error")
        self.badge = page.locator("#connection")
        self.messages = page.locator("#entries .message")
        self.turns = page.locator("#entries .turn")
        self.sidebar = page.locator("#sidebar")
        self.dialog = page.locator("dialog#story")
        self.recipient = page.locator("select[name=persona]")

    def choose(self, slug: str) -> None:
        self.sidebar.locator(f"[data-persona={slug}]").click()

    def send(self, text: str) -> None:
        self.field.fill(text)
        self.field.press("Enter")

    def ask(self, text: str) -> Locator:
        """Send, and wait until the reply is whole. Gives the reply."""
        count = self.turns.count()
        self.send(text)
        turn = self.turns.nth(count)
        self.expect_status(turn, "complete")
        return turn

    def turn(self, index: int = -1) -> Locator:
        return self.turns.nth(index)

    def text_of(self, turn: Locator) -> Locator:
        """What is written of a reply while it streams."""
        return turn.locator("[data-slot=text]")

    def prose_of(self, turn: Locator) -> Locator:
        """What stands there when it has ended."""
        return turn.locator("[data-slot=html]")

    def provider_of(self, turn: Locator) -> Locator:
        return turn.locator("[data-slot=provider]")

    def stop(self, turn: Locator) -> None:
        # By keyboard: while text streams above it, the button may be gone from under a pointer.
        turn.locator("[data-action=stop]").press("Enter")

    def run_again(self, turn: Locator) -> None:
        turn.locator("[data-action=run-again]").click()

    def expect_status(self, turn: Locator, status: str) -> None:
        expect(turn).to_have_attribute("data-status", status, timeout=60_000)

    def expect_connected(self) -> None:
        expect(self.badge.locator("[data-slot=word]")).to_have_text("Connected", timeout=60_000)

    def expect_disconnected(self) -> None:
        expect(self.badge.locator("[data-slot=word]")).to_have_text("Disconnected")

    def expect_texts(self, *texts: str) -> None:
        """The messages and replies of the conversation, in order."""
        entries = self.page.locator("#entries :is(.message [data-slot=text], .turn [data-slot=html])")
        expect(entries).to_have_text(list(texts), timeout=60_000)
