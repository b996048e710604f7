jest.setTimeout(900_000);

import "./files/install";
import "./files/carried";
