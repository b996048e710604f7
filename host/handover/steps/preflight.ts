import { servingApi, servingPage } from "../../install/facts";
import { preflight } from "../../preflight/preflight";
import type { HandoverStep, Run } from "./step";

/** Checks that the switch can succeed, before anything is migrated or started. */
export class PreflightStep implements HandoverStep {
  readonly id = "preflight";

  describe(): string {
    return "check the disk, the schema and what is outside; what cannot go well is refused here";
  }

  async perform({ engine, order, before, schema, progress }: Run): Promise<void> {
    const known = { serving: servingApi(before), servingPage: servingPage(before), schema };
    await progress.step("preflight", () => preflight(engine, order, known, progress), this.id);
  }
}
