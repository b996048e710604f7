import { StackFile } from "../../../stacks/stackFile";
import { folder, type Folder } from "../lab/setup/folder";

let project: Folder;
beforeEach(() => {
  project = folder();
});
afterEach(() => project.remove());

test("a stack's own names are those its own file gives a value, encrypted ones too", () => {
  project.file(
    "Pulumi.yaml",
    ["name: scani", "config:", "  scani:LOG_LEVEL:", "    type: string", '    default: ""', "  scani:soak: 3", ""].join(
      "\n",
    ),
  );
  project.file(
    "Pulumi.base.yaml",
    [
      "config:",
      "  scani:tier: base",
      "  scani:SMTP_URL:",
      "    secure: v1:abc",
      '  scani:S3_BUCKET: ""',
      "  docker:host: x",
      "",
    ].join("\n"),
  );
  const file = new StackFile(project.path, "base");
  expect(file.ownNames("scani:")).toEqual(["tier", "SMTP_URL"]);
  expect(file.names("scani:")).toEqual(["tier", "SMTP_URL", "S3_BUCKET", "LOG_LEVEL", "soak"]);
});
