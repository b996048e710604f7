import * as pulumi from "@pulumi/pulumi";
import { RandomBytes } from "@pulumi/random/randomBytes";
import { catalogue, type Settings } from "../../settings";

/**
 * Bytes of a generated secret; 64 hex digits satisfy every length Scani asks for, and ENCRYPTION_KEY uses them as they
 * are.
 */
const secretBytes = 32;

/**
 * The secrets nobody gave. All are generated once, also where the operator gives one: a value that is later
 * withdrawn must not bring a new one, and a given one always wins.
 */
export class Secrets extends pulumi.ComponentResource {
  private readonly byName = new Map<string, pulumi.Output<string>>();

  /** Protected like the volumes: what they hold is worth nothing without the key it was sealed with. */
  constructor(settings: Settings, opts?: pulumi.ComponentResourceOptions) {
    super("scani:base:Secrets", "secrets", {}, opts);
    for (const { name } of catalogue.filter((setting) => setting.generated)) {
      const generated = new RandomBytes(
        name,
        { length: secretBytes },
        { parent: this, protect: settings.flag("protectData") },
      );
      const given = settings.text(name);
      this.byName.set(name, pulumi.secret(given === undefined ? generated.hex : pulumi.output(given)));
    }
    this.registerOutputs({});
  }

  /** A secret by the name of its setting. Throws on one that is never generated: a mistake in this program. */
  get(name: string): pulumi.Output<string> {
    const found = this.byName.get(name);
    if (found === undefined) throw new Error(`${name} is not a generated secret`);
    return found;
  }
}
