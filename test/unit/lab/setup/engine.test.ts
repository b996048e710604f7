import { localHost, type EngineFacts } from "../../../../host/engine/connection/remedy";
import { engineRemedy } from "../../../../lab/setup/engine";
import { fresh } from "../../host/engine/connection/engineFacts";

test.each<[string, Partial<EngineFacts>]>([
  ["as root on Debian", {}],
  ["as root on Ubuntu", { distribution: ["ubuntu", "debian"] }],
  ["as root on a relative of theirs", { distribution: ["linuxmint", "ubuntu", "debian"] }],
  ["as root, with the local socket named", { host: localHost }],
])("%s it is installed", (_where, facts) => {
  expect(engineRemedy({ ...fresh, ...facts })).toBe("install");
});

test.each<[string, Partial<EngineFacts>]>([
  ["on Debian", {}],
  ["on any other distribution", { distribution: ["fedora"] }],
])("as root %s one that is installed is started", (_where, facts) => {
  expect(engineRemedy({ ...fresh, ...facts, installed: true, reason: "ECONNREFUSED" })).toBe("start");
});

test.each<[string, Partial<EngineFacts>]>([
  ["an engine somewhere else", { host: "ssh://root@elsewhere" }],
  ["one that this user may not use", { root: false, installed: true, reason: "EACCES" }],
  ["one that an ordinary user would have to start", { root: false, installed: true }],
  ["none, for an ordinary user on Debian", { root: false }],
  ["none, on a distribution it does not know", { distribution: ["alpine"] }],
  ["none, on a Mac", { platform: "darwin", distribution: [] }],
])("%s: nothing is touched", (_what, facts) => {
  expect(engineRemedy({ ...fresh, ...facts })).toBeUndefined();
});
