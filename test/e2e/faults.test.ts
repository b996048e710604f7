jest.setTimeout(300_000);

// Run in this order, on one install: the preflight's tests need a tier 2 that has never been started.
import "./faults/install";
import "./faults/preflight";
import "./faults/candidate";
import "./faults/soak";
import "./faults/afterwards";
