"use strict";
// Keeps the console fresh: the hub says that something changed, and the page asks for its parts anew. Without word it
// asks now and then, because cameras change too.

(() => {
  const SOON_MS = 400; // a burst of changes is one question
  const NOW_AND_THEN_MS = 10000;
  const SILENCE_MS = 6000;
  const parts = document.getElementById("parts");
  const line = document.getElementById("line");
  let source = null;
  let heardAt = performance.now();
  let openedAt = performance.now();
  let asked = 0;
  let asking = false;
  let again = false;

  function say(word, tone) {
    if (line.textContent !== word) line.textContent = word;
    line.className = "chip " + tone;
  }

  async function refresh() {
    if (asking) {
      again = true;
      return;
    }
    asking = true;
    again = false;
    asked = performance.now();
    try {
      const answer = await fetch("/parts", { cache: "no-store", signal: AbortSignal.timeout(5000) });
      if (answer.ok) put(await answer.text());
    } catch {
      // The stream says whether the hub is there; the next round asks again.
    } finally {
      asking = false;
      if (again) soon();
    }
  }

  function put(html) {
    const known = new Set([...parts.querySelectorAll("tr[data-key]")].map((row) => row.dataset.key));
    const focus = document.activeElement && document.activeElement.getAttribute("href");
    parts.innerHTML = html; // our own page, escaped by the hub
    if (known.size) {
      for (const row of parts.querySelectorAll("tr[data-key]")) {
        if (!known.has(row.dataset.key)) row.classList.add("new");
      }
    }
    if (focus) {
      const link = [...parts.querySelectorAll("a")].find((item) => item.getAttribute("href") === focus);
      if (link) link.focus({ preventScroll: true });
    }
  }

  let timer = 0;
  function soon() {
    if (!timer) {
      timer = setTimeout(() => {
        timer = 0;
        refresh();
      }, SOON_MS);
    }
  }

  function heard() {
    heardAt = performance.now();
    say("live", "good");
  }

  function connect() {
    if (source) source.close();
    openedAt = performance.now();
    source = new EventSource("/events");
    source.addEventListener("beat", heard);
    source.addEventListener("change", () => {
      heard();
      soon();
    });
  }

  function watch() {
    const now = performance.now();
    const silent = now - heardAt > SILENCE_MS;
    if (silent) say("no connection", "bad");
    const closed = source.readyState === EventSource.CLOSED && now - openedAt > 2000;
    if (closed || (silent && now - openedAt > SILENCE_MS)) connect();
    if (!silent && now - asked > NOW_AND_THEN_MS) refresh();
  }

  connect();
  setInterval(watch, 500);
})();
