// The WebSocket to the preview: frames and figures come, settings and wishes go. It comes back by itself.

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5000;

/**
 * @param {object} on what to call:
 *   frame(number, enhanced, original) with JPEGs as Blobs, original null where there is none; may return a promise,
 *   status(message), opened(), closed(ended, reason) with what the preview said, or nothing
 */
export function connect(on) {
  let socket = null;
  let pause = FIRST_PAUSE_MS;
  let view = null;
  let ended = false; // the run said so; it may be started anew
  let turn = Promise.resolve(); // frames are drawn one after the other

  function send(message) {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
  }

  function open() {
    const address = new URL("frames", location.href);
    address.protocol = address.protocol.replace("http", "ws");
    socket = new WebSocket(address);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      ended = false;
      on.opened();
      if (view) send(view);
    };
    socket.onmessage = ({ data }) => {
      pause = FIRST_PAUSE_MS;
      if (data instanceof ArrayBuffer) {
        const own = socket;
        turn = turn.then(() => take(data, own));
        return;
      }
      const message = JSON.parse(data);
      if (message.type === "ended") ended = true;
      else on.status(message);
    };
    socket.onclose = ({ reason }) => {
      on.closed(ended, reason);
      setTimeout(open, pause);
      pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
    };
  }

  async function take(data, own) {
    const header = new DataView(data);
    const number = header.getUint32(0);
    const end = 8 + header.getUint32(4);
    const start = performance.now();
    const picture = (from, to) => new Blob([new Uint8Array(data, from, to - from)], { type: "image/jpeg" });
    try {
      await on.frame(number, picture(8, end), end < data.byteLength ? picture(end, data.byteLength) : null);
    } catch (error) {
      console.error(error); // one picture is left out; the next one may be shown
    } finally {
      if (own === socket) send({ type: "drawn", frame: number, busy_ms: performance.now() - start });
    }
  }

  open();
  return {
    /** Say what frames to send from now on. */
    want(wishes) {
      view = { type: "view", ...wishes };
      send(view);
    },
    /** Change settings. */
    set(settings) {
      send({ type: "settings", ...settings });
    },
  };
}
