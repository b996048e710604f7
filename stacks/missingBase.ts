/** How a tier stack without its base begins its refusal. */
export const missingBase = "There is no base yet";
