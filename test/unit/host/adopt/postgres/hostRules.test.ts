import {
  brokenRules,
  entryOf,
  passwordMethod,
  rangesOf,
  renderRule,
  type HostRule,
} from "../../../../../host/adopt/postgres/hostRules";

const [database, role] = ["books", "scani"];

/** Reads lines as in pg_hba.conf, with a mask for each address that is one. */
function rules(...lines: string[]): HostRule[] {
  return lines.map((text, at) => {
    const [type, databases, roles, ...rest] = text.split(" ");
    const [address, netmask] = rest.length === 3 ? rest : [type === "local" ? null : rest[0], null];
    const method = rest.at(-1) ?? null;
    const names = { databases: databases.split(","), roles: roles.split(",") };
    return { line: at + 1, type, ...names, address: address ?? null, netmask: netmask ?? null, method, error: null };
  });
}

/** Lines of an official image: initdb's, and the one its entrypoint adds. */
const ofImage = [
  "local all all trust",
  "host all all 127.0.0.1 255.255.255.255 trust",
  "host all all ::1 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff trust",
  "local replication all trust",
  "host replication all 127.0.0.1 255.255.255.255 trust",
  "host replication all ::1 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff trust",
  "host all all all scram-sha-256",
];

test.each([
  ["the image's own lines", ofImage],
  ["any address", ["host all all 0.0.0.0 0.0.0.0 md5"]],
  ["any address, without TLS", ["hostssl all all all cert", "hostnossl books scani all scram-sha-256"]],
  ["the server's own networks", ["host sameuser all all reject", "host books,mail scani samenet password"]],
  ["a line after those for others", ["host mail all all reject", "host all boss all reject", "host all all all trust"]],
  ["a line for a group the role may be in", ["host all +writers all scram-sha-256"]],
  ["a pattern that may mean the database", ["host /^bo all all scram-sha-256"]],
  ["a line after one that may mean the role", ["host all +guests all reject", "host all all all scram-sha-256"]],
  [
    "lines that cover the private ranges together",
    ["10.0.0.0 255.0.0.0", "172.16.0.0 255.240.0.0", "192.168.0.0 255.255.0.0"].map(
      (block) => `host all all ${block} scram-sha-256`,
    ),
  ],
  ["a line after one that refuses a single host", ["host all all 192.168.1.5 255.255.255.255 reject", ...ofImage]],
  ["a line after one for other addresses", ["host all all 172.20.0.0 255.255.0.0 reject", ...ofImage]],
])("a release is let in by %s", (_what, lines) => {
  expect(entryOf(rules(...lines), { role, database }, rangesOf())).toEqual({ is: "let in" });
});

test.each([
  ["TLS is demanded", ["hostssl all all all scram-sha-256"], undefined],
  ["only compose's network is let in", ["host all all 172.20.0.0 255.255.0.0 scram-sha-256"], undefined],
  ["one of the ranges is let in", ["host all all 10.0.0.0 255.0.0.0 scram-sha-256"], undefined],
  ["IPv6 alone is let in", ["host all all ::0 ::0 scram-sha-256"], undefined],
  ["only replication is let in", ["host replication all all trust"], undefined],
  ["a name is let in", ["host all all .example.org trust"], undefined],
  ["the server itself is let in", ["host all all samehost trust"], undefined],
  ["another database is let in", ["host sameuser all all trust", "host mail scani all trust"], undefined],
  ["a line refuses it first", ["host books scani all reject", ...ofImage], "host books scani all reject"],
  [
    "a line refuses one of the ranges",
    ["host all all 10.0.0.0 255.0.0.0 reject", ...ofImage],
    "host all all 10.0.0.0 255.0.0.0 reject",
  ],
  ["a line asks another server first", ["host all all all ldap", ...ofImage], "host all all all ldap"],
])("a release is kept out where %s", (_what, lines, by) => {
  const entry = entryOf(rules(...lines), { role, database }, rangesOf());
  expect(entry.is).toBe(by === undefined ? "unmatched" : "refused");
  expect(entry.is === "refused" ? renderRule(entry.by) : undefined).toBe(by);
});

test.each([
  ["10.20.30.0/24", "10.20.0.0 255.255.0.0 scram-sha-256", "let in"],
  ["10.20.30.0/24", "192.168.0.0 255.255.0.0 scram-sha-256", "unmatched"],
  ["10.20.30.0/24", "10.20.30.0 255.255.255.0 reject", "refused"],
  ["10.20.30.0/24", "10.20.30.9 255.255.255.255 reject", "unmatched"],
])("from the subnet %s that is set for base, by %s, a release is %s", (named, line, is) => {
  expect(entryOf(rules(`host all all ${line}`), { role, database }, rangesOf(named)).is).toBe(is);
});

test("a line that cannot be read is told from one that matches nobody", () => {
  const [line] = rules("hostssl all all all md5");
  const unread = { type: null, databases: null, roles: null, address: null, netmask: null, method: null };
  const broken = { ...unread, line: 9, error: 'invalid authentication method "scrum"' };
  expect(brokenRules([{ ...line, error: "hostssl record cannot match because SSL is disabled" }, broken])).toEqual([
    broken,
  ]);
});

test("a further line asks for the password as the present ones do", () => {
  expect(passwordMethod(rules(...ofImage))).toBe("scram-sha-256");
  expect(passwordMethod(rules("local all all md5", "host all all samehost trust", "hostssl all all all md5"))).toBe(
    "md5",
  );
  expect(passwordMethod([])).toBe("scram-sha-256");
});
