import fc from "fast-check";
import { diskProblem, parseFree } from "../../../../host/preflight/disk";

test.each([
  ["Filesystem 1024-blocks     Used Available Capacity Mounted on\noverlay      263174212 30408700 219324632      13% /", 214184],
  ["Filesystem           1024-blocks    Used Available Capacity Mounted on\n/dev/mapper/a-b        10240      9000      1240      88% /", 1],
])("what df prints: %s", (output, freeMiB) => {
  expect(parseFree(output)).toBe(freeMiB);
});

test.each([[""], ["df: /: No such file"], ["Filesystem 1024-blocks Used Available Capacity Mounted on"]])("what is no answer of df: %s", (output) => {
  expect(parseFree(output)).toBeUndefined();
});

test("exactly too little room is a problem, and it names both figures and the setting", () => {
  fc.assert(fc.property(fc.nat(5000), fc.nat(5000), (free, least) => {
    const problem = diskProblem(free, least, "tier2");
    expect(problem === undefined).toBe(free >= least);
    if (problem !== undefined) expect(problem).toMatch(new RegExp(`has ${free} MiB free, and ${least} .*[\\s\\S]*minimumFreeDisk ${Math.max(free, 1)} --stack tier2$`));
  }));
});
