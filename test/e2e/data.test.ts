jest.setTimeout(150_000);

// Run in this order, on one install: the guards check data that has seen one tier and no backup.
import "./data/install";
import "./data/guards";
import "./data/backup";
