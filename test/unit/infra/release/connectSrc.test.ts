import fc from "fast-check";
import { allows, blockedUploads, connectSrc, policyProblem } from "../../../../host/install/storage/connectSrc";

const page = "https://scani.example.org";
const bucket = "https://bucket.example.org";

test.each([
  ["nobody's word, uploads through the page's own address", undefined, page, "'self'"],
  ["nobody's word, uploads elsewhere", undefined, bucket, `'self' ${bucket}`],
  ["nobody's word, and nobody knows where", undefined, undefined, "'self'"],
  ["the operator's own", "'self' https://other.example.org", bucket, "'self' https://other.example.org"],
])("%s", (_what, given, uploads, policy) => expect(connectSrc(given, uploads, page)).toBe(policy));

test.each([
  ["'self'", page, true],
  ["'self'", bucket, false],
  ["'none'", bucket, false],
  ["*", bucket, true],
  ["https:", bucket, true],
  ["http:", bucket, true],
  ["https:", "http://bucket.example.org", false],
  ["'self' https://bucket.example.org", bucket, true],
  ["'self' HTTPS://Bucket.Example.org", bucket, true],
  ["bucket.example.org", bucket, true],
  ["bucket.example.org", "http://bucket.example.org", false],
  ["*.example.org", bucket, true],
  ["*.example.org", "https://example.org", false],
  ["https://bucket.example.org:9443", bucket, false],
  ["https://bucket.example.org:9443", "https://bucket.example.org:9443", true],
  ["https://bucket.example.org:*", "https://bucket.example.org:9443", true],
  ["https://bucket.example.org:443", bucket, true],
  ["https://bucket.example.org/job-uploads/", bucket, true],
])("%s lets the page send to %s: %s", (policy, origin, allowed) => expect(allows(policy, origin, page)).toBe(allowed));

test("what is made where nobody says anything always allows the uploads, and what is said to be typed does too", () => {
  const origins = fc
    .record({
      scheme: fc.constantFrom("http", "https"),
      host: fc.constantFrom("localhost", "127.0.0.1", "s3.eu-1.example.org", "x"),
      port: fc.integer({ min: 1, max: 65535 }),
    })
    .map(({ scheme, host, port }) => new URL(`${scheme}://${host}:${port}`).origin);
  fc.assert(
    fc.property(
      origins,
      origins,
      fc.constantFrom("'self'", "'self' https://a.example.org", "*.example.net"),
      (from, uploads, policy) => {
        expect(allows(connectSrc(undefined, uploads, from), uploads, from)).toBe(true);
        const problem = policyProblem({ policy, uploads, page: from, stack: "tier2" });
        // Refused whatever the policy says; see below.
        fc.pre(problem?.what.includes("browsers block what a page of https") !== true);
        expect(problem === undefined).toBe(allows(policy, uploads, from));
        const [, typed = policy] = /CSP_CONNECT_SRC '?(.*?)'?$/.exec(String(problem?.type ?? "")) ?? [];
        expect(allows(typed.replaceAll("'\\''", "'"), uploads, from)).toBe(true);
      },
    ),
  );
});

test.each([
  [page, "http://s3.example.org", true],
  [page, "http://s3.lan:9000", true],
  [page, "http://172.32.0.1:9000", true],
  [page, "https://s3.example.org", false],
  [page, "http://192.168.1.20:9000", false],
  [page, "http://172.31.0.1:9000", false],
  [page, "http://nas.local:9000", false],
  [page, "http://[fd00::10]:9000", false],
  [page, "http://127.0.0.1:9000", false],
  [page, "http://localhost:9000", false],
  ["http://scani.lan", "http://s3.example.org", false],
])("uploads from a page at %s to %s, which browsers block: %s", (from, uploads, blocked) => {
  const policy = `'self' ${uploads} http:`;
  const own = blockedUploads({ uploads, page: from, stack: "prod-tier1" });
  const hosted = policyProblem({ policy, uploads, page: from, stack: "prod-tier2" });
  // A release changes nothing about the operator's own S3 server; a hosted endpoint is not switched to.
  expect(policyProblem({ policy, uploads, page: from, stack: "prod-tier1" })).toBeUndefined();
  if (!blocked) return expect([own, hosted]).toEqual([undefined, undefined]);
  for (const problem of [own, hosted]) expect(problem?.what).toContain("browsers block what a page of https sends");
  expect(own?.type).toBe("npm run pulumi -- config set --stack prod-base S3_PUBLIC_ENDPOINT https://s3.example.org");
  expect(hosted?.why).toContain("ask who runs it");
});
