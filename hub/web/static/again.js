"use strict";
// For a page that says that something is missing: asks for itself, and loads anew once the answer is another.

(() => {
  const { status, every } = document.currentScript.dataset;
  setInterval(async () => {
    try {
      const answer = await fetch(location.href, { cache: "no-store", headers: { Accept: "text/html" }, signal: AbortSignal.timeout(8000) });
      if (answer.status !== Number(status)) location.reload();
    } catch {
      // The hub is away; the next round asks again.
    }
  }, every * 1000);
})();
