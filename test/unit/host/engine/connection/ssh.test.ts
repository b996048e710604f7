import { inspect } from "node:util";
import { sshAgent } from "../../../../../host/engine/connection/ssh";
import { parseSshHost, sshWords } from "../../../../../host/engine/connection/sshHost";
import { sshProblem } from "../../../../../host/engine/connection/sshProblem";
import { connectDocker } from "../../../../../host/engine/connect";
import { folder } from "../../../lab/setup/folder";

test.each([
  ["ssh://far", { host: "far" }],
  ["ssh://root@far:2222", { user: "root", host: "far", port: "2222" }],
  [
    "ssh://a%40b@[::1]:22/run/my%20docker.sock",
    { user: "a@b", host: "::1", port: "22", socket: "/run/my docker.sock" },
  ],
  ["ssh://far/", { host: "far" }],
])("%s is read", (text, host) => expect(parseSshHost(text)).toEqual(host));

test.each(["ssh://", "ssh://far:x", "ssh://far?a=b", "ssh://far#a"])("%s is refused", (text) => {
  expect(() => parseSshHost(text)).toThrow("something like ssh://user@scani.internal");
});

test("a password is refused and not shown", () => {
  expect(() => parseSshHost("ssh://root:geheim@far")).toThrow(/^(?![^]*geheim)[^]*leave the password out/);
});

test("ssh is told the least, that it may not ask, and to notice a connection that is gone; nothing weakens its own checks", () => {
  const words = sshWords({ host: "far" });
  expect(words.join(" ")).toBe(
    "-o BatchMode=yes -o ConnectTimeout=8 -o ServerAliveInterval=15 -o ServerAliveCountMax=4 -T -- far docker system dial-stdio",
  );
  expect(sshWords({ user: "u", host: "far", port: "9", socket: "/it's.sock" }).slice(9)).toEqual([
    "-l",
    "u",
    "-p",
    "9",
    "--",
    "far",
    "docker",
    `--host='unix:///it'\\''s.sock'`,
    "system",
    "dial-stdio",
  ]);
});

const far = { user: "root", host: "far", port: "2222" };

test.each([
  ["ENOENT", "", "no ssh can be run here (ENOENT)", undefined],
  [255, "Host key verification failed.\r\n", "is not known here", "ssh -p 2222 root@far"],
  [
    255,
    "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.",
    "is not the one that was accepted before",
    "ssh-keygen -R '[far]:2222'",
  ],
  [255, "root@far: Permission denied (publickey).", "refuses the keys", "ssh-copy-id -p 2222 root@far"],
  [127, "sh: 1: docker: not found", "no docker command on", "ssh -p 2222 root@far docker version"],
  [1, "dial unix /var/run/docker.sock: connect: permission denied", "may not use it", "ssh -p 2222 root@far -t"],
  [255, "ssh: connect to host far port 2222: Connection refused", "(ssh: connect to host far", "ssh -p 2222 root@far"],
  [null, "", "cannot be reached over ssh.", "ssh -p 2222 root@far docker version"],
])("ssh ended with %p: %s", (exit, errors, what, typed) => {
  const problem = sshProblem(far, { exit, errors });
  expect(problem.what).toContain(what);
  expect(problem.what).toMatch(/ssh:\/\/root@far:2222/);
  if (typed === undefined) expect(problem.type).toBeUndefined();
  else expect([problem.type].flat()[0]).toContain(typed);
});

test("an ssh that cannot be run is an operator's error", async () => {
  const place = folder();
  try {
    await expect(connectDocker("ssh://far", { PATH: place.path }).ping()).rejects.toThrow("no ssh can be run here");
  } finally {
    place.remove();
  }
});

test("connections over ssh are cheap to write out, as docker-modem does with every request", () => {
  expect(inspect(sshAgent("ssh://far", {}), { showHidden: true, depth: null })).toBe("SshAgent");
});
