import { apiUrl } from "./api";
import { setText } from "./elements";

/** A websocket that is reopened whenever it is lost. */
export interface Realtime {
  end(): void;
}

/** Milliseconds: the first wait before it is reopened, the longest, and between two pings. */
const [firstWait, longestWait, pingEvery] = [1_000, 16_000, 25_000];

/** Close code of the api for "no session": reconnecting with the same cookie would change nothing. */
const unauthorized = 4401;

/** Keeps a websocket to the api open, with the waits Scani's page makes. */
export function keepInTouch(): Realtime {
  let socket: WebSocket | undefined;
  let waiting: number | undefined;
  let pinging: number | undefined;
  let attempts = 0;
  let greeted = 0;
  let ended = false;

  const connect = (state: "connecting" | "reconnecting"): void => {
    setText("realtime", state);
    socket = new WebSocket(`${apiUrl.replace(/^http/, "ws")}/`);
    socket.onopen = () => {
      attempts = 0;
      setText("realtime", "connected");
      pinging = window.setInterval(() => socket?.send(JSON.stringify({ type: "ping" })), pingEvery);
    };
    socket.onmessage = ({ data }) => {
      if ((JSON.parse(String(data)) as { type?: string }).type !== "connected") return;
      greeted += 1;
      setText("connections", String(greeted));
    };
    socket.onclose = ({ code }) => {
      window.clearInterval(pinging);
      if (ended) return;
      if (code === unauthorized) return setText("realtime", "disconnected");
      setText("realtime", "reconnecting");
      const wait = Math.random() * Math.min(firstWait * 2 ** attempts, longestWait) + firstWait / 2;
      attempts += 1;
      waiting = window.setTimeout(() => connect("reconnecting"), wait);
    };
  };
  connect("connecting");

  return {
    end() {
      ended = true;
      window.clearTimeout(waiting);
      socket?.close();
      setText("realtime", "disconnected");
    },
  };
}
