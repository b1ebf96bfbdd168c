/* Runs in <head> before the first paint, so that no page flashes in the wrong theme. */
(() => {
  const KEY = "valis.theme";
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const systemTheme = () => (system.matches ? "dark" : "light");

  /** Storage can be forbidden; then the choice lasts for the page. */
  function remembered() {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null;
    }
  }

  function remember(theme) {
    try {
      if (theme) localStorage.setItem(KEY, theme);
      else localStorage.removeItem(KEY);
    } catch {
      /* see remembered() */
    }
  }

  function show(chosen) {
    const theme = chosen ?? systemTheme();
    if (chosen) root.dataset.theme = chosen;
    else delete root.dataset.theme;
    root.dataset.shownTheme = theme;
    const label = `Change to ${theme === "dark" ? "light" : "dark"} theme`;
    for (const button of document.querySelectorAll("[data-action=toggle-theme]")) {
      button.setAttribute("aria-label", label);
      button.title = label;
    }
  }

  function toggle() {
    const wanted = root.dataset.shownTheme === "dark" ? "light" : "dark";
    const chosen = wanted === systemTheme() ? null : wanted;
    remember(chosen);
    show(chosen);
  }

  root.classList.add("has-scripts");
  show(remembered());
  document.addEventListener("DOMContentLoaded", () => show(root.dataset.theme));
  system.addEventListener("change", () => show(root.dataset.theme));
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-action=toggle-theme]")) toggle();
  });
})();
