/**
 * A Pulumi that keeps a file for each stack, and says what it is asked. Its state and log are in the folder of its work, and
 * a file there such as `refuse-stack-init` has it refuse that command.
 */
export const fakePulumi = `
case "$1" in version) echo v3.999.0; exit;; esac
echo "$*" >> calls
stack="$3"
case "$*" in *--stack*) stack=$(echo "$*" | sed 's/.*--stack \\([^ ]*\\).*/\\1/');; esac
[ ! -e "refuse-$1-$2" ] || { echo "error: permission denied" >&2; exit 255; }
there() { [ -e "stack-$stack" ] || { echo "error: no stack named '$stack' found" >&2; exit 255; }; }
case "$1 $2" in
  "stack init") touch "stack-$stack"; echo "encryptionsalt: v1:salt" >> "Pulumi.$stack.yaml";;
  "stack rm")
    for stack; do case "$stack" in -*) ;; *) name=$stack;; esac; done
    [ ! -e resources ] || { echo "error: '$name' still has resources; removal rejected" >&2; exit 255; }
    rm "stack-$name";;
  "config set") there; printf 'config:\\n  scani:tier: %s\\n' "$stack" >> "Pulumi.$stack.yaml";;
  *) there; echo '{}';;
esac
`;
