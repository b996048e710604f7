import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { root } from "../../../../ops/root";

test("the stand-in page is type-checked as what runs in a browser", () => {
  const { status, stdout } = spawnSync(
    process.execPath,
    [join(root, "node_modules", "typescript", "bin", "tsc"), "-p", join(root, "lab", "images", "page")],
    { encoding: "utf8" },
  );
  expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
}, 60_000);
