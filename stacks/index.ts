import * as pulumi from "@pulumi/pulumi";
import { spellFor } from "../util/commands";
import { program } from "./program";

/** Program that raw `pulumi` runs. */
export = () => {
  const projectFolder = pulumi.getRootDirectory();
  spellFor(projectFolder, projectFolder);
  return program({ projectFolder, environment: process.env });
};
