jest.setTimeout(300_000);

// In this order, on one install: what npm run up made, raw Pulumi works on.
import "./switch/install";
import "./switch/npm";
import "./switch/uploads";
import "./switch/raw";
