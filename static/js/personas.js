/** Which persona the next message goes to: cards, the "To" field, the greeting and the address. */

export function followPersonaChoice(form) {
  const select = form.elements.persona;

  function show() {
    const slug = select.value;
    for (const card of document.querySelectorAll("[data-persona]")) {
      if (card.dataset.persona === slug) card.setAttribute("aria-current", "true");
      else card.removeAttribute("aria-current");
    }
    for (const greeting of document.querySelectorAll("[data-greeting]")) {
      greeting.hidden = greeting.dataset.greeting !== slug;
    }
    const name = select.selectedOptions[0]?.textContent ?? "";
    form.querySelector("[data-slot=recipient]").textContent = name;
    const address = new URL(location.href);
    address.searchParams.set("persona", slug);
    history.replaceState(history.state, "", address);
  }

  select.addEventListener("change", show);
  document.addEventListener("click", (event) => {
    const card = event.target.closest("[data-persona]");
    if (!card || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    select.value = card.dataset.persona;
    show();
    closeDrawer();
    form.elements.text.focus();
  });
}

function closeDrawer() {
  const drawer = document.getElementById("sidebar");
  if (drawer.matches(":popover-open")) drawer.hidePopover();
}
