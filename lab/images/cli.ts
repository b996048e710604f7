import Docker from "dockerode";
import { ensureImages } from ".";

const only = process.argv.slice(2);

ensureImages({ docker: new Docker(), log: (line) => console.error(line), ...(only.length > 0 ? { only } : {}) }).then(
  (set) => console.log(JSON.stringify(set, null, 2)),
  (error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  },
);
