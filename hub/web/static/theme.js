"use strict";
// Dark or light before anything is painted: as the device says, unless somebody chose.

(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");

  function chosen() {
    try {
      return localStorage.getItem("maskgate-theme") || "auto";
    } catch {
      return "auto"; // a browser that keeps nothing
    }
  }

  function apply() {
    const choice = chosen();
    const theme = choice === "auto" ? (dark.matches ? "dark" : "light") : choice;
    document.documentElement.setAttribute("data-bs-theme", theme);
    for (const button of document.querySelectorAll("[data-theme]")) {
      button.setAttribute("aria-pressed", String(button.dataset.theme === choice));
    }
  }

  apply();
  dark.addEventListener("change", apply);
  document.addEventListener("DOMContentLoaded", () => {
    for (const button of document.querySelectorAll("[data-theme]")) {
      button.addEventListener("click", () => {
        try {
          localStorage.setItem("maskgate-theme", button.dataset.theme);
        } catch {
          // then it holds for this page
        }
        apply();
      });
    }
    apply();
  });
})();
