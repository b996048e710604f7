jest.setTimeout(240_000);

// In this order, on one install: from what is refused to an install of which nothing is left.
import "./otherHands/install";
import "./otherHands/settings";
import "./otherHands/recreated";
import "./otherHands/retagged";
import "./otherHands/gone";
