import { join } from "node:path";

/** This module's own folder: the one that holds package.json. This file is in bin/ops once compiled. */
export const root = join(__dirname, "..", "..");
