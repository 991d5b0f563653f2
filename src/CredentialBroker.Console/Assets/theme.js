// Light, dark, or as the system says; remembered in a cookie, so that pages come in it and nothing flashes.
const root = document.documentElement;

export function offerThemes() {
  const button = document.querySelector("[data-theme-switch]");
  if (!button) return;
  button.hidden = false;
  tell(button);
  button.addEventListener("click", () => {
    const next = isDark() ? "light" : "dark";
    root.dataset.theme = next;
    document.cookie = `credbroker-theme=${next}; path=/console; max-age=31536000; samesite=strict`;
    tell(button);
  });
}

function isDark() {
  return root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function tell(button) {
  button.textContent = isDark() ? "Light theme" : "Dark theme";
}
