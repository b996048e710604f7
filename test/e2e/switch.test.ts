jest.setTimeout(300_000);

// Run in this order, on one install: raw Pulumi works on the install that npm run up made.
import "./switch/install";
import "./switch/npm";
import "./switch/uploads";
import "./switch/raw";
