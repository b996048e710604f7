import {
  adoptCommand,
  backupCommand,
  backupsCommand,
  restoreCommand,
  spellBase,
  spellingEnvironment,
  statusCommand,
  upCommand,
} from "../../../util/commands";

afterEach(() => spellBase(undefined));

const onInstall = () => [
  statusCommand(),
  adoptCommand("scani", "--yes"),
  backupCommand(),
  backupsCommand(),
  restoreCommand("a.dump", "--foreign"),
];

test("commands on one install name its base where they would be for another one by themselves", () => {
  expect(onInstall()).toEqual([
    "npm run status",
    "npm run adopt -- scani --yes",
    "npm run backup",
    "npm run backups",
    "npm run restore -- a.dump --foreign",
  ]);
  spellBase("second-base");
  expect(onInstall()).toEqual([
    "npm run status -- --base second-base",
    "npm run adopt -- scani --yes --base second-base",
    "npm run backup -- --base second-base",
    "npm run backups -- --base second-base",
    "npm run restore -- a.dump --foreign --base second-base",
  ]);
  // A command that names a stack needs no option for base.
  expect(upCommand("second-tier1")).toBe("npm run up -- second-tier1");
  expect(spellingEnvironment()).toMatchObject({ SCANI_COMMANDS_BASE: "second-base" });
});
