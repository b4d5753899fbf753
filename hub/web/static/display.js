"use strict";
// The display of one door. What it shows is what the hub last said; when the hub is away it says so, and it comes back
// by itself. Times are the hub's: this screen's own clock may be wrong.

(() => {
  const SILENCE_MS = 3500; // three missed beats
  const GRACE_MS = 1500; // a line that broke may be mended before anybody is told
  const AGAIN_MS = 2000; // between two attempts, once the browser has given up
  const TURN_MS = 5000; // between two languages
  const STEPS = 4; // of the style sheet's data-fit
  const root = document.documentElement;
  const body = document.body;
  const find = (id) => document.getElementById(id);
  const given = (name) => JSON.parse(body.dataset[name]);
  const address = "/display/" + encodeURIComponent(body.dataset.door);
  const silent = new URLSearchParams(location.search).get("sound") === "off";
  const idle = given("idle");
  const offline = given("offline");
  const nowhere = given("nowhere");

  let source = null;
  let heardAt = performance.now();
  let openedAt = heardAt;
  let brokenAt = null; // since when the line is broken, by the browser's word
  let away = null; // `offline` or `nowhere` while the hub tells us nothing
  let ahead = 0; // the hub's clock minus ours, in milliseconds
  let told = null; // what the hub said last
  let shownKey = "";
  let backTimer = 0;
  let turnTimer = 0;

  // ---- painting

  function write(view, turn) {
    const words = view.words[turn % view.words.length];
    root.dataset.kind = view.kind;
    root.dataset.size = words.size;
    root.lang = words.language;
    root.dir = words.dir;
    find("icon").setAttribute("href", "#icon-" + view.kind);
    find("title").textContent = words.title;
    find("text").textContent = words.text;
    fit();
  }

  // The style sheet's sizes nearly always fit; the words of a person may be longer than any.
  function fit() {
    const stage = find("stage");
    const words = stage.querySelector(".words");
    delete root.dataset.fit;
    for (let step = 1; step <= STEPS; step += 1) {
      const full = stage.scrollHeight > stage.clientHeight + 1 || words.scrollWidth > words.clientWidth + 1;
      if (!full) return;
      root.dataset.fit = step;
    }
  }

  function paint(view) {
    clearInterval(turnTimer);
    write(view, 0);
    if (view.words.length > 1) {
      let turn = 0;
      turnTimer = setInterval(() => write(view, (turn += 1)), TURN_MS);
    }
    find("said").replaceChildren(
      ...view.words.map((words) => {
        const line = document.createElement("p");
        line.lang = words.language;
        line.dir = words.dir;
        line.textContent = words.title + ". " + words.text;
        return line;
      }),
    );
  }

  function refresh() {
    // In an emergency the words stay, whoever is away: people need them more than the news about us.
    const kept = away === offline && told.kind === "emergency";
    const view = away && !kept ? away : told;
    find("lost").hidden = !kept;
    const key = view.kind + view.at + JSON.stringify(view.words);
    if (key === shownKey) return;
    const first = shownKey === "";
    const left = view.seconds === null ? null : Math.max(0, view.until - performance.now());
    shownKey = key;
    paint(view);
    run(left);
    if (!first) play(view.sound);
  }

  function show(view) {
    clearTimeout(backTimer);
    told = view;
    if (view.seconds !== null) {
      const left = Math.max(0, view.seconds * 1000);
      view.until = performance.now() + left;
      backTimer = setTimeout(() => show(idle), left);
    }
    refresh();
  }

  function run(left) {
    const bar = find("remaining");
    for (const old of bar.getAnimations()) old.cancel();
    if (left !== null) {
      bar.animate([{ transform: "scaleX(1)" }, { transform: "scaleX(0)" }], { duration: left, fill: "forwards" });
    }
  }

  // ---- sound. Tones: [frequency in hertz, start in seconds, length in seconds].

  const TONES = {
    ok: [[660, 0, 0.12], [880, 0.13, 0.22]],
    warning: [[520, 0, 0.18], [520, 0.26, 0.18]],
    alarm: [[330, 0, 0.3], [247, 0.34, 0.3], [330, 0.68, 0.3], [247, 1.02, 0.3]],
  };
  const audio = silent || !window.AudioContext ? null : new AudioContext();
  let restTimer = 0;

  function mute() {
    find("mute").hidden = !audio || audio.state !== "suspended";
  }

  // Between two sounds the sound card rests; a browser that wants a touch first leaves the promise open.
  function wake(then) {
    if (!audio) return;
    clearTimeout(restTimer);
    audio.resume().then(() => {
      find("mute").hidden = true;
      then();
      restTimer = setTimeout(() => audio.suspend(), 2000);
    }, () => {});
  }

  function play(sound) {
    root.dataset.sound = sound;
    const tones = TONES[sound];
    if (!tones) return;
    const asked = performance.now();
    wake(() => {
      if (performance.now() - asked > 1000) return; // allowed only now: too late to tell anybody
      root.dataset.played = sound;
      for (const [frequency, start, length] of tones) {
        const tone = audio.createOscillator();
        const volume = audio.createGain();
        const from = audio.currentTime + start;
        tone.frequency.value = frequency;
        volume.gain.setValueAtTime(0, from);
        volume.gain.linearRampToValueAtTime(0.35, from + 0.02);
        volume.gain.linearRampToValueAtTime(0, from + length);
        tone.connect(volume).connect(audio.destination);
        tone.start(from);
        tone.stop(from + length);
      }
    });
  }

  // ---- the line to the hub

  function heard() {
    heardAt = performance.now();
    brokenAt = null;
    if (away) {
      away = null;
      refresh();
    }
  }

  function lose(how) {
    if (away === how) return;
    away = how;
    refresh();
  }

  function anew(build) {
    if (build === body.dataset.build || sessionStorage.getItem("build") === build) return false;
    sessionStorage.setItem("build", build); // once: a page kept by something in between must not turn in circles
    location.reload();
    return true;
  }

  function connect() {
    if (source) source.close();
    openedAt = performance.now();
    source = new EventSource(address + "/events");
    source.addEventListener("beat", heard);
    source.addEventListener("display", (event) => {
      const news = JSON.parse(event.data);
      if (anew(news.build)) return;
      ahead = Date.parse(news.now) - Date.now();
      find("place").textContent = news.name;
      told = news.display; // before `heard`: what comes back first is what counts now
      show(news.display);
      heard();
    });
    source.addEventListener("error", () => {
      brokenAt = brokenAt ?? performance.now();
      if (told.kind === "welcome") lose(offline); // nobody is let in by a screen that may be wrong
    });
  }

  // The browser gives up after an answer that is no stream, and never says of which kind it was.
  async function ask() {
    openedAt = performance.now();
    try {
      // A question into a dead network holds one of the few connections that the browser makes to a hub.
      const answer = await fetch(address, { cache: "no-store", signal: AbortSignal.timeout(SILENCE_MS) });
      if (answer.status === 404) return lose(nowhere);
    } catch {
      // no hub: the watch says so
    }
    return connect();
  }

  function watch() {
    const now = performance.now();
    const broken = brokenAt !== null && now - brokenAt > GRACE_MS;
    if ((broken || now - heardAt > SILENCE_MS) && away !== nowhere) lose(offline);
    if (now - openedAt < AGAIN_MS) return;
    if (source.readyState === EventSource.CLOSED) ask();
    // A line that is merely dead is never noticed by the browser.
    else if (now - heardAt > SILENCE_MS && now - openedAt > SILENCE_MS) connect();
  }

  function tell() {
    const options = { hour: "2-digit", minute: "2-digit", timeZone: body.dataset.zone };
    const time = new Date(Date.now() + ahead).toLocaleTimeString("en-GB", options);
    if (find("clock").textContent !== time) find("clock").textContent = time;
  }

  show(given("view"));
  connect();
  tell();
  setInterval(watch, 250);
  setInterval(tell, 1000);
  addEventListener("resize", fit);
  if (audio) {
    // A browser that allows sound says so within a moment.
    wake(() => {});
    setTimeout(mute, 700);
    for (const touch of ["pointerdown", "keydown"]) addEventListener(touch, () => wake(() => {}));
  }
})();
