import * as pulumi from "@pulumi/pulumi";
import { program } from "./program";

/** What raw `pulumi` runs. */
export = () => program({ projectFolder: pulumi.getRootDirectory(), environment: process.env });
