"use strict";
// The display of one door. What it shows is what the hub last said; when the hub is silent it says so, and it comes
// back by itself. Times are the hub's: this screen's own clock may be wrong.

(() => {
  const SILENCE_MS = 6000; // three missed beats
  const AGAIN_MS = 2000;
  const root = document.documentElement;
  const body = document.body;
  const find = (id) => document.getElementById(id);
  const door = body.dataset.door;
  const idle = JSON.parse(body.dataset.idle);

  let source = null;
  let heardAt = performance.now();
  let openedAt = performance.now();
  let ahead = 0; // the hub's clock minus ours, in milliseconds
  let shownKey = "";
  let backTimer = 0;

  function paint(view) {
    root.dataset.kind = view.kind;
    root.dataset.size = view.size;
    root.lang = view.language;
    find("icon").setAttribute("href", "#icon-" + view.kind);
    find("title").textContent = view.title;
    find("text").textContent = view.text;
  }

  function show(view) {
    clearTimeout(backTimer);
    const left = view.seconds === null ? null : Math.max(0, view.seconds * 1000);
    if (left !== null) {
      backTimer = setTimeout(() => show(idle), left);
    }
    const key = view.kind + view.at + view.text;
    if (key === shownKey) return;
    const first = shownKey === "";
    shownKey = key;
    paint(view);
    run(left);
    if (!first) play(view.sound);
  }

  function run(left) {
    const bar = find("remaining");
    for (const old of bar.getAnimations()) old.cancel();
    if (left !== null) {
      bar.animate([{ transform: "scaleX(1)" }, { transform: "scaleX(0)" }], { duration: left, fill: "forwards" });
    }
  }

  // Tones: [frequency in hertz, start in seconds, length in seconds]. A browser that wants a touch first stays silent.
  const TONES = {
    ok: [[660, 0, 0.12], [880, 0.13, 0.22]],
    warning: [[520, 0, 0.18], [520, 0.26, 0.18]],
    alarm: [[330, 0, 0.3], [247, 0.34, 0.3], [330, 0.68, 0.3], [247, 1.02, 0.3]],
  };
  let audio = null;

  function play(sound) {
    const tones = TONES[sound];
    const Context = window.AudioContext;
    if (!tones || !Context) return;
    try {
      audio = audio || new Context();
      if (audio.state !== "running") {
        audio.resume().catch(() => {});
        return;
      }
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
    } catch {
      audio = null; // no sound on this screen
    }
  }

  function heard() {
    heardAt = performance.now();
    find("lost").hidden = true;
  }

  function connect() {
    if (source) source.close();
    openedAt = performance.now();
    source = new EventSource("/display/" + encodeURIComponent(door) + "/events");
    source.addEventListener("beat", heard);
    source.addEventListener("display", (event) => {
      heard();
      const news = JSON.parse(event.data);
      ahead = Date.parse(news.now) - Date.now();
      show(news.display);
    });
  }

  function watch() {
    const now = performance.now();
    if (now - heardAt > SILENCE_MS) find("lost").hidden = false;
    // A browser gives up after some errors, and never notices a line that is merely dead.
    const closed = source.readyState === EventSource.CLOSED && now - openedAt > AGAIN_MS;
    if (closed || (now - heardAt > SILENCE_MS && now - openedAt > SILENCE_MS)) connect();
  }

  function tell() {
    const options = { hour: "2-digit", minute: "2-digit", timeZone: body.dataset.zone };
    find("clock").textContent = new Date(Date.now() + ahead).toLocaleTimeString("en-GB", options);
  }

  show(JSON.parse(body.dataset.view));
  connect();
  tell();
  setInterval(watch, 500);
  setInterval(tell, 1000);
})();
