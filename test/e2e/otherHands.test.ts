jest.setTimeout(240_000);

// Run in this order, on one install: from refusals to an install of which nothing is left.
import "./otherHands/install";
import "./otherHands/settings";
import "./otherHands/recreated";
import "./otherHands/retagged";
import "./otherHands/gone";
