import { reasonIn } from "../../../../../host/engine/containers/healthAnswer";

const report =
  '{"status":"error","timestamp":"2026-11-24T09:22:08.862Z","checks":{"db":{"ok":true,"latencyMs":16},"redis":{"ok":true,"latencyMs":28},' +
  '"schema":{"ok":true,"latencyMs":20},"process":{"ok":false,"latencyMs":0,"error":"shutting down"},"queue":{"ok":false}}}';
const curl = "curl: (22) The requested URL returned error: 503";

test.each([[`${report}\n${curl}`], [`${curl}\n${report}`], [`${curl.slice(0, -1)}${report}${curl.slice(-1)}\n`]])(
  "of a report, what fails is said, and the status, in whichever order the streams came",
  (output) => {
    expect(reasonIn(output)).toBe(`process: shutting down; queue: fails; ${curl}`);
  },
);

test.each([
  [
    "curl: (7) Failed to connect to 127.0.0.1 port 3001 after 12 ms: Couldn't connect to server",
    "curl: (7) Failed to connect to 127.0.0.1 port 3001: Couldn't connect to server",
  ],
  ['{"status":"ok","checks":{"db":{"ok":true}}}', '{"status":"ok","checks":{"db":{"ok":true}}}'],
  ["{not json}", "{not json}"],
  ['{"checks":null}', '{"checks":null}'],
  ['{"checks":{"db":null}}', '{"checks":{"db":null}}'],
  ["null", "null"],
  ["", ""],
])("anything else is said as it is: %s", (output, told) => expect(reasonIn(output)).toBe(told));

test("a page is cut", () => expect(reasonIn("x".repeat(5000))).toHaveLength(300));
