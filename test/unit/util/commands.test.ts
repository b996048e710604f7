import {
  adoptAsCommand,
  adoptBesideCommand,
  adoptCommand,
  backupCommand,
  backupsCommand,
  downCommand,
  previewCommand,
  restoreCommand,
  spellBase,
  spellingEnvironment,
  spellName,
  statusCommand,
  upCommand,
} from "../../../util/commands";

afterEach(() => {
  spellBase(undefined);
  spellName(undefined);
});

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

test("commands on one install give its name where only the shell's environment does", () => {
  spellName("scani-2");
  expect(adoptCommand("b", "--yes")).toBe("SCANI_NAME=scani-2 npm run adopt -- b --yes");
  expect(statusCommand()).toBe("SCANI_NAME=scani-2 npm run status");
  expect(spellingEnvironment()).toMatchObject({ SCANI_COMMANDS_NAME: "scani-2" });
  // One that gives it another name gives no second.
  expect(adoptAsCommand("third", "b")).toBe("SCANI_NAME=third npm run adopt -- b");
  expect(adoptBesideCommand("scani", "b")).toBe("SCANI_NAME=scani-2 npm run adopt -- b --base scani-2-base");
  expect([upCommand, previewCommand, downCommand].map((spell) => spell("second-tier1"))).toEqual([
    "SCANI_NAME=scani-2 npm run up -- second-tier1",
    "SCANI_NAME=scani-2 npm run preview -- second-tier1",
    "SCANI_NAME=scani-2 npm run down -- second-tier1",
  ]);
});
