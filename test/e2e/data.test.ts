jest.setTimeout(150_000);

// In this order, on one install: the guards look at data that has seen one tier and no backup.
import "./data/install";
import "./data/guards";
import "./data/backup";
