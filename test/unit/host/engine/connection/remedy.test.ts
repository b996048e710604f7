import { distributionOf, engineProblem, type EngineFacts } from "../../../../../host/engine/connection/remedy";
import { renderProblem } from "../../../../../util/operatorError";
import { fresh } from "./engineFacts";

test.each<[string, Partial<EngineFacts>, string[]]>([
  [
    "an engine somewhere else that does not answer",
    { host: "ssh://root@elsewhere" },
    ["ssh://root@elsewhere", "unset DOCKER_HOST"],
  ],
  ["one that this user may not use", { root: false, installed: true, reason: "EACCES" }, ["usermod -aG docker"]],
  ["one that an ordinary user would have to start", { root: false, installed: true }, ["sudo systemctl start docker"]],
  [
    "none, for an ordinary user on Debian",
    { root: false },
    ["sudo apt-get update && sudo apt-get install -y docker.io iptables"],
  ],
  ["none, on a distribution it does not know", { distribution: ["alpine"] }, ["your distribution's package manager"]],
  ["none, on a Mac", { platform: "darwin", distribution: [] }, ["Docker Desktop"]],
])("%s: it says what to do", (_what, facts, words) => {
  for (const word of words) expect(renderProblem(engineProblem({ ...fresh, ...facts }))).toContain(word);
});

test.each([
  ['ID=debian\nVERSION_ID="12"\n', ["debian"]],
  ['NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\n', ["ubuntu", "debian"]],
  ["ID=\"centos\"\nID_LIKE='rhel fedora'\n", ["centos", "rhel", "fedora"]],
  ["VERSION_ID=1\n", []],
])("the distribution of %j", (file, names) => {
  expect(distributionOf(file)).toEqual(names);
});
