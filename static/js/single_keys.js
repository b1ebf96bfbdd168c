/** Whether single keys do something (WCAG 2.1.4). Kept in this browser; where that is forbidden, for the page. */

const KEY = "valis.single-keys";

class SingleKeys {
  areOn = remembered() !== "off";

  /** A box that shows the choice and changes it. */
  followBox(box) {
    box.checked = this.areOn;
    box.addEventListener("change", () => {
      this.areOn = box.checked;
      remember(this.areOn);
    });
  }
}

function remembered() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function remember(areOn) {
  try {
    if (areOn) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, "off");
  } catch {
    /* see above */
  }
}

export const singleKeys = new SingleKeys();
