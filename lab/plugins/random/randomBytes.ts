import { randomBytes } from "node:crypto";
import { aNumber } from "../protocol/shape";
import type { ResourceType } from "../protocol/resource";
import { secret } from "../protocol/values";

/** Type of random bytes, made once and kept in the state. They exist nowhere else, so a read returns the state. */
export const randomBytesType: ResourceType = {
  properties: { length: { shape: aNumber, change: "replace", required: true } },
  named: false,
  deletedFirst: false,
  outputsId: false,
  async create({ length }) {
    const bytes = randomBytes(Number(length));
    const base64 = bytes.toString("base64");
    // The id is the value itself, unencrypted, as in the official plugin.
    return {
      id: base64,
      outputs: { length: Number(length), base64: secret(base64), hex: secret(bytes.toString("hex")) },
    };
  },
  async read(_id, outputs) {
    return outputs;
  },
  async update() {
    throw new Error("random bytes have nothing to update");
  },
  async delete() {
    /* Nothing exists outside the state. */
  },
};
