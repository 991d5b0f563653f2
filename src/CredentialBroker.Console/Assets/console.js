import { keepFresh } from "./fresh.js";
import { keepRows } from "./rows.js";
import { offerThemes } from "./theme.js";

offerThemes();
document.querySelectorAll("table[data-rows]").forEach(keepRows);
document.querySelectorAll("[data-fresh]").forEach(keepFresh);

document.addEventListener("keydown", (event) => {
  if (event.key !== "k" || !(event.ctrlKey || event.metaKey)) return;
  const bar = document.querySelector("[data-selector]");
  if (!bar) return;
  event.preventDefault();
  bar.focus();
  bar.select();
});
