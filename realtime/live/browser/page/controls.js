// The sliders, each bound to one setting of the run.

const HELD_MS = 700; // how long a slider that was moved is not moved by what the preview says

const SLIDERS = [
  {
    id: "strength",
    setting: "strength",
    text: (value) => `${Math.round(100 * value)} %`,
  },
  {
    id: "headroom",
    setting: "headroom",
    text: (value) => (value ? `${Math.round(100 * value)} %` : "off"),
  },
  {
    id: "smoothing",
    setting: "smoothing_s",
    text: (value) => (value ? `${value.toFixed(1)} s` : "off"),
  },
  {
    id: "every",
    setting: "estimate_every",
    text: (value) => (value === 0 ? "auto" : value === 1 ? "every frame" : `every ${value} frames`),
    fromSetting: (setting) => (setting === "auto" ? 0 : setting),
    toSetting: (value) => value || "auto",
  },
  {
    id: "denoise",
    setting: "denoise",
    text: (value) => (value ? "on" : "off"),
    fromSetting: Number,
    toSetting: Boolean,
  },
];

const same = (value) => value;

/** Bind the sliders; `change` is called with the settings that the user changes. Returns what shows settings. */
export function bindSliders(change) {
  const shows = SLIDERS.map(({ id, setting, text, fromSetting = same, toSetting = same }) => {
    const input = document.getElementById(id);
    const output = document.getElementById(`${id}-value`);
    let movedAt = -HELD_MS;

    function paint() {
      const value = Number(input.value);
      output.textContent = text(value);
      input.setAttribute("aria-valuetext", text(value));
      input.style.setProperty("--fill", `${(100 * (value - input.min)) / (input.max - input.min)}%`);
    }

    input.addEventListener("input", () => {
      movedAt = performance.now();
      paint();
      change({ [setting]: toSetting(Number(input.value)) });
    });

    return (settings) => {
      if (performance.now() - movedAt < HELD_MS) return;
      const value = fromSetting(settings[setting]);
      input.max = Math.max(input.max, value);
      input.value = value;
      paint();
    };
  });
  return (settings) => shows.forEach((show) => show(settings));
}
