/** Keeps the end in view while text streams, but only for a reader who is at the end. */

const NEAR = 48;

export function stickToEnd(viewport, jump) {
  const hasEntries = () => viewport.querySelector(".entry") !== null;
  let isAtEnd = hasEntries() && !document.getElementById(location.hash.slice(1))?.matches(".entry");
  let top = viewport.scrollTop;
  const toEnd = () => {
    isAtEnd = true;
    viewport.scrollTo({ top: viewport.scrollHeight });
  };

  /* Text that arrives before this is heard also makes a distance, so only going up leaves the end. */
  viewport.addEventListener(
    "scroll",
    () => {
      const isUpwards = viewport.scrollTop < top;
      top = viewport.scrollTop;
      const isNear = viewport.scrollHeight - top - viewport.clientHeight < NEAR;
      isAtEnd = isNear || (isAtEnd && !isUpwards);
      jump.hidden = isAtEnd || !hasEntries();
    },
    { passive: true },
  );
  jump.addEventListener("click", () => {
    toEnd();
    viewport.focus({ preventScroll: true });
  });

  const observer = new ResizeObserver(() => {
    if (isAtEnd) toEnd();
  });
  observer.observe(viewport);
  observer.observe(viewport.firstElementChild);
  return toEnd;
}
