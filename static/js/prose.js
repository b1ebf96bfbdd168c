/** What a rendered reply needs to be used: wide parts scroll by themselves, boxes have names, code can be copied. */

export function dressProse(rendered) {
  for (const table of rendered.querySelectorAll("table")) wrap(table, "table-scroll");
  for (const code of rendered.querySelectorAll("pre:not(pre pre)")) dressCode(code);
  for (const frame of rendered.querySelectorAll("pre, .table-scroll")) frame.tabIndex = 0;
  for (const link of rendered.querySelectorAll("a")) {
    if (link.textContent === link.getAttribute("href")) link.classList.add("bare-link");
  }
  for (const box of rendered.querySelectorAll("input")) {
    box.setAttribute("aria-label", box.checked ? "done" : "not done");
  }
}

function dressCode(code) {
  const block = wrap(code, "code-block");
  if (!block) return;
  const { language } = code.dataset;
  const head = make("div", { className: "code-head" });
  const button = make("button", { type: "button", className: "button button-small", textContent: "Copy" });
  button.dataset.action = "copy-code";
  button.setAttribute("aria-label", `Copy this ${language ?? ""} code`.replace("  ", " "));
  head.append(make("span", { textContent: language ?? "" }), button);
  block.prepend(head);
}

/** Returns the new frame, or nothing if the element has one. */
function wrap(element, className) {
  if (element.parentElement.className === className) return null;
  const frame = make("div", { className });
  element.replaceWith(frame);
  frame.append(element);
  return frame;
}

const make = (tag, properties) => Object.assign(document.createElement(tag), properties);
