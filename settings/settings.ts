import type { z } from "zod";
import type { Origin } from "./sources";
import type { Secret } from "./secret";
import type { Spec, StackKind } from "./spec";
import type { SettingName, Table } from "./table";

/** Settings that a stack of this kind reads. */
export type NamesOf<K extends StackKind> = {
  [N in SettingName]: K extends Table[N]["stacks"][number] ? N : never;
}[SettingName];

type Converted<S extends Spec> = S extends { secret: true } ? Secret : z.output<S["schema"]>;

type ValueOf<S extends Spec> = S extends { fallback: string } | { required: true }
  ? Converted<S>
  : Converted<S> | undefined;

/**
 * Checked settings of one stack, typed by the table: `settings.keepWarm` is a boolean, a secret is a `Secret`, what may
 * be absent is `| undefined`. A name the table lacks, or one that stacks of this kind do not read, does not compile.
 */
export type Settings<K extends StackKind = StackKind> = K extends StackKind
  ? { readonly tier: K } & { readonly [N in Exclude<NamesOf<K>, "tier">]: ValueOf<Table[N]> } & {
      /** Returns where the value comes from; undefined where there is none. */
      origin(name: NamesOf<K>): Origin | undefined;
    }
  : never;
