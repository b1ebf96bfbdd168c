// The persona panel in admin: sliders tell their value, and saving asks once, naming what was changed.

function showSlider(slider) {
  const switchName = slider.dataset.panelSlider;
  const output = slider.parentElement.querySelector("output");
  const isUsed = switchName
    ? slider.form.elements[switchName].checked
    : slider.form.elements[`${slider.name}-from`].value === "own";
  output.textContent = isUsed ? slider.value : "–";
  slider.classList.toggle("panel-unused", !isUsed);
}

function follow(form) {
  const sliders = form.querySelectorAll("[data-panel-slider], [data-panel-choice] input[type=range]");
  sliders.forEach(showSlider);
  form.addEventListener("input", ({ target }) => {
    // Who moves a value wants it.
    if (target.dataset.panelSlider) form.elements[target.dataset.panelSlider].checked = true;
    const choice = target.closest("[data-panel-choice]");
    if (choice && target.type !== "radio") form.elements[`${target.name}-from`].value = "own";
    sliders.forEach(showSlider);
  });
}

const valuesOf = (form) => {
  const values = new Map();
  for (const [name, value] of new FormData(form)) {
    const told = value instanceof File ? value.name : value.replace(/\r\n/g, "\n");
    values.set(name, [...(values.get(name) ?? []), told].join("\n"));
  }
  return values;
};

function labelOf(form, name) {
  const control = form.elements[name];
  const first = control instanceof RadioNodeList ? control[0] : control;
  const group = first.closest("[role=group]")?.getAttribute("aria-label");
  const label = group ?? first.labels?.[0]?.textContent ?? name;
  return label.trim().replaceAll("_", " ");
}

function changed(form, before) {
  const now = valuesOf(form);
  const names = [...new Set([...before.keys(), ...now.keys()])].filter((name) => before.get(name) !== now.get(name));
  return [...new Set(names.filter((name) => form.elements[name]).map((name) => labelOf(form, name)))];
}

function confirming(form) {
  const before = valuesOf(form);
  const dialog = document.createElement("dialog");
  dialog.className = "panel-confirm";
  dialog.setAttribute("aria-labelledby", "panel-confirm-title");
  dialog.innerHTML =
    '<form method="dialog"><h2 id="panel-confirm-title">Save this persona?</h2><p></p>' +
    '<menu><button value="back">Keep editing</button><button value="save">Save it</button></menu></form>';
  document.body.append(dialog);
  let submitter = null;
  let isConfirmed = false;
  form.addEventListener("submit", (event) => {
    if (isConfirmed) return;
    // What goes elsewhere saves nothing, and what was changed here stays changed.
    if (event.submitter?.hasAttribute("formaction")) return event.stopImmediatePropagation();
    event.preventDefault();
    event.stopImmediatePropagation();
    submitter = event.submitter;
    const names = changed(form, before);
    dialog.querySelector("p").textContent = names.length
      ? `Changed: ${names.join(", ")}. The next reply uses it.`
      : "Nothing was changed.";
    dialog.returnValue = "";
    dialog.showModal();
  }, true);
  dialog.addEventListener("close", () => {
    if (dialog.returnValue !== "save") return submitter?.focus();
    isConfirmed = true;
    form.requestSubmit(submitter);
    isConfirmed = false;
  });
}

// An earlier version is looked at in a form of its own, whose button says what it does.
document.querySelectorAll("#persona_form, #historicalpersona_form").forEach(follow);
document.querySelectorAll("#persona_form").forEach(confirming);
