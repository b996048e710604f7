import * as pulumi from "@pulumi/pulumi";

let created = 0;

void pulumi.runtime.setMocks(
  {
    newResource({ name, inputs }) {
      created += 1;
      return { id: name, state: inputs };
    },
    call: () => ({}),
  },
  "scani",
  "tier2",
);

// Load after setMocks, as Pulumi requires.
// eslint-disable-next-line @typescript-eslint/no-require-imports
const { program } = require("../../../stacks/program") as typeof import("../../../stacks/program.js");

test("an update of a part of a stack is refused before anything is declared, with the whole one to type", async () => {
  const environment = {
    PULUMI_OPTION_TARGET: "urn:pulumi:tier2::scani::docker:index/container:Container::scani-tier2-api",
  };
  await expect(program({ projectFolder: "/nonexistent", environment })).rejects.toThrow(
    /^PULUMI_OPTION_TARGET leaves a part of stack tier2 out, [^]*Nothing has been touched\.\n {2}type: unset PULUMI_OPTION_TARGET\n {2}type: npm run up -- tier2$/,
  );
  expect(created).toBe(0);
});

test("an engine that does not answer is an error in words, and nothing is declared", async () => {
  const environment = { DOCKER_HOST: "unix:///nonexistent/docker.sock", SCANI_TIER: "tier1" };
  await expect(program({ projectFolder: "/nonexistent", environment })).rejects.toThrow(
    /^The Docker engine at unix:\/\/\/nonexistent\/docker.sock does not answer \(ENOENT\)/,
  );
  expect(created).toBe(0);
});
