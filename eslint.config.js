const tseslint = require("typescript-eslint");

module.exports = tseslint.config(
  { ignores: ["bin/**", "node_modules/**", "**/*.js"] },
  ...tseslint.configs.recommended,
);
