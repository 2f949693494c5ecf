// The picture, and the divider between before and after. Moving it draws what is there already: nothing is sent.

const STEP = 0.02;
const BIG_STEP = 0.1;

export class Stage {
  #enhanced = null;
  #original = null;
  #split = 0.5;
  #comparing = true;
  #due = null;

  constructor(frame, canvas, handle) {
    this.frame = frame;
    this.canvas = canvas;
    this.handle = handle;
    this.context = canvas.getContext("2d", { alpha: false });
    frame.classList.add("comparing");
    frame.addEventListener("pointerdown", (event) => this.#grab(event));
    frame.addEventListener("pointermove", (event) => {
      if (frame.hasPointerCapture(event.pointerId)) this.#point(event);
    });
    handle.addEventListener("keydown", (event) => this.#press(event));
    this.#move(this.#split);
  }

  /** Show a pair of pictures, and free those before; resolves when they are drawn. */
  show(enhanced, original) {
    this.#enhanced?.close();
    this.#original?.close();
    this.#enhanced = enhanced;
    this.#original = original;
    this.frame.classList.remove("empty");
    this.frame.style.setProperty("--ratio", enhanced.width / enhanced.height);
    return this.#drawSoon();
  }

  set comparing(comparing) {
    this.#comparing = comparing;
    this.frame.classList.toggle("comparing", comparing);
    this.#drawSoon();
  }

  #drawSoon() {
    this.#due ??= new Promise((resolve) => {
      requestAnimationFrame(() => {
        this.#due = null;
        this.#draw();
        resolve();
      });
    });
    return this.#due;
  }

  #draw() {
    const enhanced = this.#enhanced;
    if (!enhanced) return;
    const { width, height } = enhanced;
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
    this.context.drawImage(enhanced, 0, 0);
    const edge = Math.round(this.#split * width);
    if (this.#original && this.#comparing && edge > 0) {
      this.context.drawImage(this.#original, 0, 0, edge, height, 0, 0, edge, height);
    }
  }

  #grab(event) {
    if (!this.#comparing || event.button !== 0) return;
    this.frame.setPointerCapture(event.pointerId);
    this.handle.focus({ preventScroll: true, focusVisible: false });
    event.preventDefault();
    this.#point(event);
  }

  #point(event) {
    const { left, width } = this.frame.getBoundingClientRect();
    this.#move((event.clientX - left) / width);
  }

  #press(event) {
    const step = event.shiftKey ? BIG_STEP : STEP;
    const target = {
      ArrowLeft: this.#split - step,
      ArrowDown: this.#split - step,
      PageDown: this.#split - BIG_STEP,
      ArrowRight: this.#split + step,
      ArrowUp: this.#split + step,
      PageUp: this.#split + BIG_STEP,
      Home: 0,
      End: 1,
    }[event.key];
    if (target === undefined) return;
    event.preventDefault();
    this.#move(target);
  }

  #move(split) {
    this.#split = Math.min(Math.max(split, 0), 1);
    const percent = Math.round(100 * this.#split);
    this.frame.style.setProperty("--split", `${100 * this.#split}%`);
    this.handle.setAttribute("aria-valuenow", percent);
    this.handle.setAttribute("aria-valuetext", `${percent} % before`);
    this.frame.querySelector(".before").classList.toggle("away", this.#split < 0.12);
    this.frame.querySelector(".after").classList.toggle("away", this.#split > 0.88);
    this.#drawSoon();
  }
}
