import { checkStackName } from "../../../stacks/stackNames";
import { downCommand } from "../../../util/commands";
import { folder } from "../lab/setup/folder";

test("a name that says no kind is refused with the same command for the stacks there are", () => {
  const place = folder();
  try {
    for (const stack of ["prod-base", "prod-tier1", "notes"]) place.file(`Pulumi.${stack}.yaml`, "config:\n");
    expect(() => checkStackName("prod", place.path, downCommand)).toThrow(
      /^"prod" is no stack .*\n {2}type: npm run down -- prod-base\n {2}type: npm run down -- prod-tier1$/,
    );
    expect(() => checkStackName("new-tier2", place.path, downCommand)).not.toThrow();
  } finally {
    place.remove();
  }
});

test("where there are no stacks yet, it is refused with the command for those there may be", () => {
  const place = folder();
  try {
    expect(() => checkStackName("nonsense", place.path, downCommand)).toThrow(
      /type: npm run down -- base\n {2}type: npm run down -- tier1\n {2}type: npm run down -- tier2$/,
    );
  } finally {
    place.remove();
  }
});
