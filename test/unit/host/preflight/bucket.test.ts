import { askBucket, corsProblem, isPrivate, putProblem } from "../../../../host/preflight/bucket";
import { parseAnswer, type Http, type HttpAnswer } from "../../../../host/preflight/http";

const page = "https://scani.example.org";
const origin = "https://bucket.example.org";
const place = {
  url: `${origin}/job-uploads/temp/x.txt?X-Amz-Signature=1`,
  headers: { "content-type": "text/plain", "content-length": "3" },
};

const answer = (status: number, headers: Record<string, string> = {}, body = ""): HttpAnswer => ({
  status,
  headers,
  body,
});
const allowed = {
  "access-control-allow-origin": page,
  "access-control-allow-methods": "GET, PUT",
  "access-control-allow-headers": "Content-Type",
};
const refused = (code: string, message = "") =>
  `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;

/** Returns a bucket with one answer for each method, and the methods it was asked. */
function bucket(answers: Partial<Record<string, HttpAnswer>>): { http: Http; asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    http: async ({ method }) => {
      asked.push(method);
      return answers[method] ?? answer(500);
    },
  };
}
const nowhere: Http = async () => {
  throw new Error("connect ECONNREFUSED");
};

test.each([
  ["all it needs", answer(204, allowed), undefined],
  [
    "everybody",
    answer(200, {
      "access-control-allow-origin": "*",
      "access-control-allow-methods": "*",
      "access-control-allow-headers": "*",
    }),
    undefined,
  ],
  ["nothing", answer(200), /\(CORS\): its answer does not name that origin$/],
  [
    "another origin",
    answer(200, { ...allowed, "access-control-allow-origin": "https://other.example.org" }),
    /does not name that origin$/,
  ],
  ["reading only", answer(200, { ...allowed, "access-control-allow-methods": "GET" }), /does not name PUT$/],
  [
    "no header",
    answer(200, { ...allowed, "access-control-allow-headers": "" }),
    /does not name the header content-type$/,
  ],
  ["a refusal", answer(403, allowed), /it answers 403$/],
])("a bucket that allows %s", (_what, result, why) => {
  const problem = corsProblem(result, origin, page, Object.keys(place.headers));
  if (why === undefined) expect(problem).toBeUndefined();
  else expect(problem).toEqual({ cause: "cors", why: expect.stringMatching(why) });
});

test.each([
  ["bucket", 404, refused("NoSuchBucket", "The specified bucket does not exist")],
  ["credentials", 403, refused("InvalidAccessKeyId")],
  ["credentials", 403, refused("SignatureDoesNotMatch")],
  ["credentials", 404, refused("XAdminUserNotFound", "No user exists with the provided access key ID.")],
  ["refused", 403, refused("AccessDenied")],
  ["refused", 411, ""],
  ["failing", 503, refused("SlowDown")],
  ["failing", 507, refused("XMinioStorageFull", "Storage backend has reached its minimum free drive threshold.")],
])("a PUT that is not taken: %s (%s)", (cause, status, body) => {
  expect(putProblem(answer(status, {}, body), origin)).toEqual({
    cause,
    why: expect.stringContaining(`refuses the file (${status})`),
  });
});

test("a wrong region is told from a wrong key, in the server's words as they are meant", () => {
  const body =
    "<Error><Code>AuthorizationQueryParametersError</Code><Message>Error parsing the X-Amz-Credential parameter; the region &#34;auto&#34; is wrong; expecting &quot;eu-west-1&quot;</Message></Error>";
  expect(putProblem(answer(400, {}, body), origin)).toEqual({
    cause: "region",
    why: expect.stringContaining('the region "auto" is wrong; expecting "eu-west-1"'),
  });
});

test("a bucket on the page's own origin is not asked for CORS; another is, and first", async () => {
  const own = bucket({ PUT: answer(200) });
  expect(await askBucket({ ...place, url: `${page}/job-uploads/x` }, page, own.http, nowhere)).toBeUndefined();
  expect(own.asked).toEqual(["PUT"]);
  const other = bucket({ OPTIONS: answer(204, allowed), PUT: answer(200) });
  expect(await askBucket(place, page, other.http, nowhere)).toBeUndefined();
  expect(other.asked).toEqual(["OPTIONS", "PUT"]);
});

test("where this machine has no way out the release's networks are asked, but not about a name only they know", async () => {
  const inside = bucket({ OPTIONS: answer(204, allowed), PUT: answer(200) });
  expect(await askBucket(place, page, nowhere, inside.http)).toBeUndefined();
  for (const host of ["storage:9000", "bucket.internal"]) {
    const problem = await askBucket({ ...place, url: `http://${host}/job-uploads/x` }, page, nowhere, inside.http);
    expect(problem).toEqual({
      cause: "unreachable",
      why: expect.stringMatching(/cannot be reached from this machine: connect ECONNREFUSED$/),
    });
  }
  expect(await askBucket(place, page, nowhere, nowhere)).toMatchObject({ cause: "unreachable" });
});

test.each([
  ["storage", true],
  ["localhost", true],
  ["minio.local", true],
  ["127.0.0.1", false],
  ["[::1]", false],
  ["s3.example.org", false],
])("%s is private: %s", (host, is) => expect(isPrivate(host)).toBe(is));

test("an answer as curl prints it is read, what only leads to it is not", () => {
  expect(
    parseAnswer('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nETag: "a:b"\r\nContent-Length: 2\r\n\r\nok\n\nyes'),
  ).toEqual({
    status: 200,
    headers: { etag: '"a:b"', "content-length": "2" },
    body: "ok\n\nyes",
  });
  expect(parseAnswer("HTTP/2 204 \r\n\r\n")).toEqual({ status: 204, headers: {}, body: "" });
  expect(parseAnswer("")).toEqual({ status: 0, headers: {}, body: "" });
});
