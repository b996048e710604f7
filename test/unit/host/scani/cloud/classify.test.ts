import fc from "fast-check";
import { parseResult, redact } from "../../../../../host/scani/cloud/call";
import { answerOf } from "../../../../../host/scani/cloud/classify";

const url = "https://data.example.org:8443";

/** Renders the script's output for a response. */
const answered = (status: number, body: string, location = "") => `${status} 0.01 0.05 ${location}\nexit 0\n${body}`;

/** Renders the script's output when curl fails, with curl's own message. */
const gaveUp = (exitCode: number, words: string, { connect = "0.000000", total = "0.010000" } = {}) =>
  `curl: (${exitCode}) ${words}\n000 ${connect} ${total} \nexit ${exitCode}`;

const verdict = (output: string) => answerOf(url, parseResult(output));

test("a data-provider that accepts the key, and what it answers", () => {
  const body = '{"result":{"data":{"availableProviders":[],"hasAvailableProvider":false}}}';
  expect(verdict(answered(200, body))).toEqual({
    ok: true,
    data: { availableProviders: [], hasAvailableProvider: false },
  });
});

test.each([
  [
    "name",
    /^data.example.org:8443 does not resolve: Could not resolve host/,
    gaveUp(6, "Could not resolve host: data.example.org"),
  ],
  [
    "connection",
    /^data.example.org:8443 refuses the connection.*port 8443/,
    gaveUp(7, "Failed to connect to data.example.org port 8443 after 0 ms: Couldn't connect to server"),
  ],
  [
    "silence",
    /no connection within 5 s/,
    gaveUp(28, "Failed to connect to data.example.org port 8443 after 5001 ms: Timeout was reached", {
      total: "5.001",
    }),
  ],
  [
    "slow",
    /is too slow: .* had not answered after 5 s/,
    gaveUp(28, "Operation timed out after 5000 milliseconds with 0 bytes received", {
      connect: "0.010",
      total: "5.000",
    }),
  ],
  [
    "untrusted",
    /not trusted: SSL certificate problem: self-signed certificate$/,
    gaveUp(
      60,
      "SSL certificate problem: self-signed certificate\nMore details here: https://curl.se/docs/sslcerts.html\n\ncurl failed to verify",
    ),
  ],
  [
    "untrusted",
    /not trusted: .*unable to get local issuer/,
    gaveUp(60, "SSL certificate problem: unable to get local issuer certificate"),
  ],
  [
    "untrusted",
    /not trusted: .*rsa routines::invalid padding/,
    gaveUp(35, "OpenSSL/3.0.22: error:0200008A:rsa routines::invalid padding"),
  ],
  [
    "expired",
    /out of date: SSL certificate problem: certificate has expired/,
    gaveUp(60, "SSL certificate problem: certificate has expired"),
  ],
  ["expired", /out of date: .*not yet valid/, gaveUp(60, "SSL certificate problem: certificate is not yet valid")],
  [
    "wrong-host",
    /for another name: .*data.example.org/,
    gaveUp(60, "SSL: no alternative certificate subject name matches target host name 'data.example.org'"),
  ],
  [
    "tls",
    /does not speak TLS: .*wrong version number/,
    gaveUp(35, "OpenSSL/3.0.22: error:0A00010B:SSL routines::wrong version number"),
  ],
  ["not-data-provider", /far too large/, gaveUp(63, "Maximum file size exceeded")],
  ["unknown", /cannot be reached: Empty reply from server/, gaveUp(52, "Empty reply from server")],
  ["unknown", /cannot be reached: sh: 1: curl: not found/, "sh: 1: curl: not found\nexit 127\n"],
  ["unknown", /cannot be reached: the call could not be made/, ""],
  [
    "key",
    /refuses the key \(401\): Invalid API key$/,
    answered(401, '{"error":{"message":"Invalid API key","code":-32001,"data":{"httpStatus":401}}}'),
  ],
  ["key", /refuses the key \(401\): no such key$/, answered(401, '[{"error":{"json":{"message":"no such key"}}}]')],
  ["key", /refuses the key \(401\)$/, answered(401, "")],
  [
    "forbidden",
    /forbids the call \(403\): Access denied$/,
    answered(403, "<html><title>Access denied</title>\n<p>long text</p></html>"),
  ],
  [
    "moved",
    /redirects the call \(301\) to https:\/\/new.example.org\/$/,
    answered(301, "", "https://new.example.org/"),
  ],
  [
    "failing",
    /returned a server error \(500\): Internal Server Error$/,
    answered(500, '{"error":"Internal Server Error"}'),
  ],
  ["failing", /returned a server error \(503\): upstream is away$/, answered(503, "upstream\n is  away")],
  ["other-answer", /answers 429: slow down$/, answered(429, '{"message":"slow down"}')],
  ["not-data-provider", /no data-provider \(404\): Not Found$/, answered(404, "Not Found")],
  [
    "not-data-provider",
    /no data-provider, though it answers 200: Welcome$/,
    answered(200, "<!doctype html><title>Welcome</title><p>Please log in.</p>"),
  ],
  ["not-data-provider", /no data-provider, though it answers 200: \{"ok":true\}$/, answered(200, '{"ok":true}')],
  ["not-data-provider", /no data-provider, though it answers 200$/, answered(200, "")],
])("%s: %s", (cause, why, output) => {
  expect(verdict(output)).toEqual({ ok: false, cause, why: expect.stringMatching(why) });
});

test("whatever an endpoint answers, the operator is told one line without control characters", () => {
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 599 }), fc.string({ unit: "binary" }), (status, body) => {
      const judgement = verdict(answered(status, body));
      if (!judgement.ok) expect(judgement.why).toMatch(/^[^\p{Cc}]{1,300}$/u);
    }),
  );
});

test("an answer that holds a line like the script's own is not taken for it", () => {
  expect(verdict(answered(401, "exit 0\n200 0.1 0.1 \n"))).toMatchObject({ ok: false, cause: "key" });
});

test("a key the endpoint repeats is taken out", () => {
  expect(redact("the-issued-key", "401: the-issued-key is wrong")).toBe("401: •••• is wrong");
  expect(redact("", "as it is")).toBe("as it is");
});
