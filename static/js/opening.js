/** How a chat begins: which of its greetings a persona says, and what one might say to it. */

export function followOpening(form, { write }) {
  document.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-action=greeting], [data-action=try]");
    if (button?.dataset.action === "try") write(button.dataset.text);
    else if (button) step(button.closest(".greeting-choice"), Number(button.dataset.step));
  });
  form.elements.persona.addEventListener("change", choose);
  choose();

  function step(choice, by) {
    const all = [...choice.querySelectorAll("[data-choice]")];
    const shown = all.findIndex((each) => !each.hidden);
    const next = (shown + by + all.length) % all.length;
    all.forEach((each, place) => {
      each.hidden = place !== next;
    });
    choice.querySelector("[data-slot=number]").textContent = next + 1;
    choose();
  }

  /** What is read is what is sent. */
  function choose() {
    const greeting = document.querySelector(`[data-greeting="${form.elements.persona.value}"]`);
    form.elements.greeting.value = greeting?.querySelector("[data-choice]:not([hidden])")?.dataset.choice ?? 0;
  }
}
