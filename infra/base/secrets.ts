import * as pulumi from "@pulumi/pulumi";
import { RandomBytes } from "@pulumi/random/randomBytes";
import { generatedNames, plainText, vapidPrivateKeyOf, type GeneratedName, type Settings } from "../../settings";

/**
 * Bytes of a generated secret; 64 hex digits satisfy every length Scani asks for, and ENCRYPTION_KEY uses them as they
 * are.
 */
const secretBytes = 32;

/**
 * Secrets of base. All are generated once, even where the operator gives one, which always wins: withdrawing it later
 * must not bring a new one.
 */
export class Secrets extends pulumi.ComponentResource {
  private readonly byName = new Map<GeneratedName, pulumi.Output<string>>();

  /** Protects the secrets like the volumes, whose contents are worth nothing without the key they were sealed with. */
  constructor(settings: Settings<"base">, opts?: pulumi.ComponentResourceOptions) {
    super("scani:base:Secrets", "secrets", {}, opts);
    for (const name of generatedNames) {
      const generated = new RandomBytes(name, { length: secretBytes }, { parent: this, protect: settings.protectData });
      const made = name === "VAPID_PRIVATE_KEY" ? generated.hex.apply(vapidPrivateKeyOf) : generated.hex;
      this.byName.set(name, pulumi.secret(plainText(settings[name]) ?? made));
    }
    this.registerOutputs({});
  }

  /** Returns a secret by the name of its setting. */
  get(name: GeneratedName): pulumi.Output<string> {
    return this.byName.get(name) as pulumi.Output<string>;
  }
}
