import { keepFresh } from "./fresh.js";
import { keepRows } from "./rows.js";
import { offerThemes } from "./theme.js";

// A page that answers a form lives elsewhere: loading it again must send nothing again.
const home = document.querySelector("link[rel=canonical]");
if (home) history.replaceState(null, "", home.href);

offerThemes();
document.querySelector("nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
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
