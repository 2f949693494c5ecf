// What holds the page together.

import { connect } from "./connection.js";
import { bindSliders } from "./controls.js";
import { Stage } from "./stage.js";

const element = (id) => document.getElementById(id);
const root = document.documentElement;

const stage = new Stage(element("frame"), element("canvas"), element("split"));
let figures = null;
let shown = null; // the number of the frame on screen

const connection = connect({
  async frame(number, enhanced, original) {
    const pictures = await Promise.all([createImageBitmap(enhanced), original && createImageBitmap(original)]);
    if (isOn("pause") && shown !== null) {
      pictures.forEach((picture) => picture?.close());
      return;
    }
    shown = number;
    await stage.show(...pictures);
    say("");
  },
  status(status) {
    figures = status.figures;
    showSettings(status.settings);
    showFigures();
    element("verdict").hidden = !status.feedback;
    if (status.problem) element("state").textContent = status.problem;
  },
  opened() {
    shown = null; // the preview knows nothing of what it sent before
    if (isOn("pause")) element("pause").click();
    say("Waiting for the first picture …");
    wish();
  },
  closed(ended, reason) {
    state(ended ? "Ended" : reason || "Connection lost", false);
    say(ended ? "The run has ended." : `${reason || "No connection"}. Trying again …`);
  },
});

const showSettings = bindSliders((settings) => connection.set(settings));

function say(text) {
  if (element("notice").textContent !== text) element("notice").textContent = text;
}

function state(text, live) {
  if (element("state").textContent !== text) element("state").textContent = text;
  root.classList.toggle("live", live);
}

function showFigures() {
  const ms = (value) => (value ? value.toFixed(value < 10 ? 1 : 0) : "–");
  const values = {
    fps: figures.fps.toFixed(figures.fps < 10 ? 1 : 0),
    "enhance-p50": ms(figures.enhance_ms.p50_ms),
    "enhance-p95": ms(figures.enhance_ms.p95_ms),
    "screen-p50": ms(figures.screen_ms.p50_ms),
    "screen-p95": ms(figures.screen_ms.p95_ms),
    dropped: figures.dropped.toLocaleString("en"),
    backend: figures.backend || "–",
  };
  for (const [id, value] of Object.entries(values)) element(id).textContent = value;
  if (!figures.connected) {
    state("No signal", false);
    say("The source delivers nothing. Waiting for it …");
  } else {
    state(isOn("pause") ? "Held" : "Live", !isOn("pause"));
  }
}

// What the preview is to send: no more pixels than the screen shows, and nothing that nobody looks at.

const isOn = (id) => element(id).getAttribute("aria-pressed") === "true";

function wish() {
  const { width, height } = element("stage").getBoundingClientRect();
  const shown = Math.max(width, height) * devicePixelRatio;
  connection.want({
    long_side: isOn("detail") ? 0 : shown > 800 ? 1280 : 640,
    original: isOn("compare"),
    paused: isOn("pause") || document.hidden,
    held: held(),
  });
}

const held = () => (isOn("pause") ? shown : null);

function toggle(id, act) {
  element(id).addEventListener("click", () => {
    element(id).setAttribute("aria-pressed", String(!isOn(id)));
    act();
  });
}

toggle("compare", () => {
  stage.comparing = isOn("compare");
  wish();
});
toggle("detail", wish);
toggle("pause", () => {
  element("snapshot").search = held() === null ? "" : `?frame=${held()}`;
  state(isOn("pause") ? "Held" : "Live", !isOn("pause"));
  wish();
});
document.addEventListener("visibilitychange", wish);

let resized = null;
addEventListener("resize", () => {
  clearTimeout(resized);
  resized = setTimeout(wish, 200);
});

if (document.fullscreenEnabled) {
  element("fullscreen").addEventListener("click", () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else element("stage").requestFullscreen();
  });
} else {
  element("fullscreen").hidden = true;
}

element("snapshot").addEventListener("click", () => {
  element("stage").classList.remove("flash");
  void element("stage").offsetWidth; // so that the animation starts anew
  element("stage").classList.add("flash");
});

for (const verdict of ["up", "down"]) {
  element(verdict).addEventListener("click", async () => {
    const buttons = [element("up"), element("down")];
    buttons.forEach((button) => {
      button.disabled = true;
      button.classList.toggle("chosen", button.id === verdict);
    });
    let thanks;
    try {
      const answer = await fetch("feedback", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ verdict, frame: held() }),
      });
      thanks = answer.ok ? "Kept, thank you" : await answer.text();
    } catch {
      thanks = "No connection";
    }
    element("thanks").textContent = thanks;
    setTimeout(() => {
      buttons.forEach((button) => {
        button.disabled = false;
        button.classList.remove("chosen");
      });
      element("thanks").textContent = "How does it look?";
    }, 3000);
  });
}
