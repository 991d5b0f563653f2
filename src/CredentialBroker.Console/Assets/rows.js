import { fetchPage } from "./fetching.js";

// Thousands of rows: older ones are fetched on the way down, and pages far out of sight give their place to one empty row of
// the same height until they come near again.
export function keepRows(table) {
  const more = document.querySelector("a[data-more]");
  const count = document.querySelector("[data-count]");
  if (!more) return;
  let shown = table.tBodies[0].rows.length;
  const sight = new IntersectionObserver((entries) => entries.forEach((entry) => (entry.isIntersecting ? bring(entry.target) : take(entry.target))), { rootMargin: "1500px 0px" });
  sight.observe(table.tBodies[0]);

  let fetching = false;
  async function fetchMore() {
    if (fetching || !more.isConnected) return;
    fetching = true;
    table.setAttribute("aria-busy", "true");
    try {
      const page = await fetchPage(more.href);
      const body = page.querySelector("table[data-rows] tbody");
      const next = page.querySelector("a[data-more]");
      if (body) {
        shown += body.rows.length;
        table.append(body);
        sight.observe(body);
        count.textContent = shown.toLocaleString("en");
      }
      if (next) more.href = next.href;
      else more.remove();
    } finally {
      table.removeAttribute("aria-busy");
      fetching = false;
    }
  }

  more.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    fetchMore().catch(() => location.assign(more.href));
  });
  // A failure here leaves the link, which says the same as a page of its own.
  new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && fetchMore().catch(() => undefined), { rootMargin: "600px 0px" }).observe(more);
}

const away = new WeakMap();

function take(body) {
  if (away.has(body) || body.contains(document.activeElement)) return;
  const height = body.getBoundingClientRect().height;
  if (!height) return;
  const place = document.createElement("tr");
  place.setAttribute("aria-hidden", "true");
  const cell = place.insertCell();
  cell.colSpan = 99;
  cell.style.height = `${height}px`;
  cell.className = "place";
  away.set(body, [...body.rows]);
  body.replaceChildren(place);
}

function bring(body) {
  const rows = away.get(body);
  if (!rows) return;
  away.delete(body);
  body.replaceChildren(...rows);
}
