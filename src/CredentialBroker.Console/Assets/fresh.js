import { fetchPage } from "./fetching.js";

// Keeps one part of the page as it is at the broker: every so many seconds, while somebody looks.
export function keepFresh(part) {
  const seconds = Number(part.dataset.fresh);
  if (!part.id || !(seconds > 0)) return;
  setTimeout(async function again() {
    let next = seconds;
    if (!document.hidden && !isInUse(part)) {
      try {
        const found = (await fetchPage(location.href)).getElementById(part.id);
        if (!found) return;
        if (found.innerHTML !== part.innerHTML && !isInUse(part)) part.replaceChildren(...found.childNodes);
        next = Number(found.dataset.fresh);
        delete part.dataset.stale;
        if (!(next > 0)) return;
      } catch {
        // Shown by the styles; the broker may be restarting, so it is asked again.
        part.dataset.stale = "";
      }
    }
    setTimeout(again, next * 1000);
  }, seconds * 1000);
}

// Nothing is taken from under somebody's hands.
function isInUse(part) {
  if (part.querySelector("details[open], dialog[open]")) return true;
  const selected = getSelection();
  return part.contains(document.activeElement) || (selected && !selected.isCollapsed && part.contains(selected.anchorNode));
}
