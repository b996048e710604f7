import { packageVersion } from "../../packageVersion";
import { serve } from "../protocol/serve";
import { aString } from "../protocol/shape";
import { randomBytesType } from "./randomBytes";

void serve({
  name: "random",
  version: packageVersion("@pulumi/random"),
  settings: { version: { shape: aString, change: "update" } },
  types: () => ({ "random:index/randomBytes:RandomBytes": randomBytesType }),
});
