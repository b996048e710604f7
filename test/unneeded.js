/** Stands for what Pulumi's SDK loads at its start and this program never uses (infra/lightStart.ts): jest would load it anew for every file. */
module.exports = new Proxy({}, {
  get: (_target, name) => {
    if (name === "__esModule") return true;
    throw new Error(`a test uses ${String(name)} of what jest.config.js calls unneeded`);
  },
});
