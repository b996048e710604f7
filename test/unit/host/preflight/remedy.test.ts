import type { Cause } from "../../../../host/scani/cloud/classify";
import { remedy } from "../../../../host/preflight/remedy";
import { renderProblem } from "../../../../util/operatorError";

const causes: readonly Cause[] = [
  "name",
  "connection",
  "silence",
  "untrusted",
  "expired",
  "wrong-host",
  "tls",
  "slow",
  "key",
  "forbidden",
  "moved",
  "failing",
  "other-answer",
  "not-data-provider",
  "unknown",
];

test.each(causes)("%s: what to do, and a command for this stack", (cause) => {
  const text = renderProblem({ what: "x", ...remedy(cause, { stack: "prod-tier2", privateAuthority: false }) });
  expect(text).toMatch(/^x\n {2}\S.*\n {2}type: (pulumi|npm) .*prod-tier2/);
});

test("the right setting is named, and a secret is not put on the command line", () => {
  const of = (cause: Cause, privateAuthority = false) =>
    renderProblem({ what: "x", ...remedy(cause, { stack: "tier2", privateAuthority }) });
  expect(of("name")).toContain("config set --stack tier2 SCANI_CLOUD_URL ");
  expect(of("key")).toMatch(/config set --secret SCANI_CLOUD_API_KEY --stack tier2$/);
  expect(of("untrusted")).toContain("npm run pulumi -- config set caCertificate --stack tier2 < ca.pem");
  expect(of("untrusted", true)).toContain("Neither a public authority nor the one in caCertificate");
  expect(of("slow")).toContain("npm run up -- tier2");
});
