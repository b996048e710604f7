jest.setTimeout(300_000);

import "./runs/install";
import "./runs/lock";
import "./runs/killed";
