"use strict";
// Keeps pages fresh: the hub says that something changed, and what is marked `data-live` is taken from the page asked
// for anew. Without word it asks now and then, because cameras change too.

(() => {
  const SOON_MS = 300; // a burst of changes is one question
  const NOW_AND_THEN_MS = 10000;
  const SILENCE_MS = 6000;
  const line = document.getElementById("line");
  const news = document.getElementById("news");
  let source = null;
  let heardAt = performance.now();
  let openedAt = performance.now();
  let asked = performance.now();
  let asking = false;
  let again = false;
  let timer = 0;

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
      const address = new URL(location.href);
      address.searchParams.delete("done");
      address.hash = "";
      const answer = await fetch(address, { cache: "no-store", headers: { Accept: "text/html" }, signal: AbortSignal.timeout(8000) });
      if (answer.redirected) location.reload(); // the session is over
      else if (answer.ok) put(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch {
      // The stream says whether the hub is there; the next round asks again.
    } finally {
      asking = false;
      if (again) soon();
    }
  }

  function put(page) {
    const focus = document.activeElement ? document.activeElement.id : "";
    for (const part of document.querySelectorAll("[data-live]")) {
      const fresh = page.getElementById(part.id);
      if (!fresh || fresh.innerHTML === part.dataset.was) continue;
      const known = new Set([...part.querySelectorAll("tr[data-key]")].map((row) => row.dataset.key));
      const open = [...part.querySelectorAll("details[open]")].map((item) => item.id);
      part.dataset.was = fresh.innerHTML;
      part.replaceChildren(...fresh.childNodes);
      for (const id of open) {
        const item = document.getElementById(id);
        if (item) item.open = true;
      }
      for (const row of part.querySelectorAll("tr[data-key]")) {
        if (!known.has(row.dataset.key)) arrived(row);
      }
    }
    const item = focus && document.activeElement === document.body ? document.getElementById(focus) : null;
    if (item) item.focus({ preventScroll: true });
  }

  function arrived(row) {
    row.classList.add("new");
    if (!row.dataset.say) return;
    const said = document.createElement("p");
    said.textContent = row.dataset.say;
    news.append(said);
    while (news.childElementCount > 5) news.firstElementChild.remove();
  }

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
