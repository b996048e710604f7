/** How this image goes wrong, baked in by its tag; empty in a good one. */
export const fault = process.env.STANDIN_FAULT ?? "";
