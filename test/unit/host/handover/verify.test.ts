import { bootTarget, tierMistake } from "../../../../host/handover/verify";

const url = "https://data.example.org";

test("the boot log of release 0.17.1 and the guide's", () => {
  expect(bootTarget('{"level":30,"scaniCloudUrl":"https://data.example.org","msg":"Starting"}')).toBe(url);
  expect(bootTarget("tier=tier2 cloudUrl=https://data.example.org")).toBe("tier2");
  expect(bootTarget("hello")).toBeUndefined();
});

test("each tier has its own address", () => {
  expect(tierMistake("tier1", "http://data-provider:8082")).toBeUndefined();
  expect(tierMistake("tier2", url)).toBeUndefined();
  expect(tierMistake("tier2", "http://data-provider:8082")).toContain("not this tier's");
  expect(tierMistake("tier1", url)).toContain("not this tier's");
  expect(tierMistake("tier1", "")).toContain("has no SCANI_CLOUD_URL");
});
