import { existsSync } from "node:fs";
import { join } from "node:path";
import { contextOf, outputFor, type Context } from "../../../../ops/context";
import { folder, type Folder } from "../../lab/setup/folder";

/** Project of the current test, on which a fake Pulumi works. */
export interface FakeProject extends Pick<Folder, "path" | "file"> {
  readonly context: Context;
  isThere(stack: string): boolean;
}

/** Gives each test of a file a project, with the fake Pulumi on the path. @param print receives the output */
export function fakeProject(print: (line: string) => void = () => undefined): FakeProject {
  let project: Folder;
  let context: Context;
  const path = process.env.PATH;
  const bin = folder();
  beforeAll(() => {
    bin.program("pulumi", fakePulumi);
    process.env.PATH = `${bin.path}:${path}`;
  });
  afterAll(() => {
    process.env.PATH = path;
    bin.remove();
  });
  beforeEach(() => {
    project = folder();
    project.file("Pulumi.yaml", "name: scani\nruntime: nodejs\n");
    const environment = { ...process.env, PULUMI_CONFIG_PASSPHRASE: "of this test" };
    context = contextOf({ folder: project.path, environment }, outputFor({}, print));
  });
  afterEach(() => project.remove());
  return {
    get path() {
      return project.path;
    },
    get context() {
      return context;
    },
    file: (name, contents) => project.file(name, contents),
    isThere: (stack) => existsSync(join(project.path, `stack-${stack}`)),
  };
}

/**
 * A Pulumi that keeps a file for each stack, and logs its commands. Its state and log are in its working folder. A file
 * there such as `refuse-stack-init` makes it refuse that command; one such as `break-config-rm` makes it fail as on a
 * full disk, with the settings emptied; and `seen` takes what it finds in a stack's own settings at each change.
 */
const fakePulumi = `
case "$1" in version) echo v3.999.0; exit;; esac
echo "$*" >> calls
stack="$3"
case "$*" in *--stack*) stack=$(echo "$*" | sed 's/.*--stack \\([^ ]*\\).*/\\1/');; esac
file="Pulumi.$stack.yaml"
[ ! -e seen ] || { echo "--- $1 $2"; cat "$file" 2>&1; } >> seen
case "$*" in *--config-file*) file=$(echo "$*" | sed 's/.*--config-file \\([^ ]*\\).*/\\1/');; esac
[ ! -e "refuse-$1-$2" ] || { echo "error: permission denied" >&2; exit 255; }
[ ! -e "break-$1-$2" ] || { : > "$file"; echo "error: no space left on device" >&2; exit 255; }
there() { [ -e "stack-$stack" ] || { echo "error: no stack named '$stack' found" >&2; exit 255; }; }
case "$1 $2" in
  "stack init")
    [ ! -e "stack-$3" ] || { echo "error: stack '$3' already exists" >&2; exit 255; }
    touch "stack-$stack"; grep -qs encryptionsalt "$file" || echo "encryptionsalt: v1:salt" >> "$file";;
  "stack rm")
    for stack; do case "$stack" in -*) ;; *) name=$stack;; esac; done
    [ ! -e resources ] || { echo "error: '$name' still has resources; removal rejected" >&2; exit 255; }
    rm "stack-$name";;
  "stack output") there; cat outputs 2>/dev/null || echo '{}';;
  "config get")
    there; grep -qs "$3" "$file" || { echo "error: configuration key '$3' not found for stack '$stack'" >&2; exit 255; }
    echo '{}';;
  "config set"|"config set-all"|"config rm")
    there
    grep -qs scani:tier "$file" || printf 'config:\\n  scani:tier: %s\\n' "$stack" >> "$file"
    echo "# $*" | sed 's/ --config-file [^ ]*//' >> "$file";;
  *) there; echo '{}';;
esac
`;
