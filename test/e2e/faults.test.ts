jest.setTimeout(300_000);

// In this order, on one install: nothing of tier 2 has been started before the candidates that fail are.
import "./faults/install";
import "./faults/preflight";
import "./faults/candidate";
import "./faults/soak";
import "./faults/afterwards";
