/**
 * Stands for a compiler and an npm client that Pulumi's SDK loads at its start and no test uses: jest would load them
 * anew for every file.
 */
module.exports = new Proxy(
  {},
  {
    get: (_target, name) => {
      if (name === "__esModule") return true;
      throw new Error(`a test uses ${String(name)} of what jest.config.js calls unneeded`);
    },
  },
);
