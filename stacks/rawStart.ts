import "../infra/lightStart";
import { refusal } from "../infra/lock/owner";
import { hostname } from "node:os";
import { anotherUp } from "./anotherUp";
import { ancestors } from "./commandLine";

/**
 * What raw `pulumi` loads before its SDK (`nodeargs` in Pulumi.yaml). Of two `pulumi up` begun together the second learns
 * here that it is the second: a second before it could ask the gateway.
 */

/** Exit code by which Pulumi knows that the operator has been told what is wrong. Source: pulumi-language-nodejs, main.go. */
const toldAlready = 32;

const other = anotherUp(process.argv, ancestors());
if (other !== undefined) {
  process.stderr.write(`error: ${refusal(other, "work", hostname(), Date.now())}\n`);
  process.exit(toldAlready);
}
