import { privilegeEntries, refusedIn } from "../../../../../host/backup/restore/privileges";

test("entries on privileges are told by their kind, not by a name", () => {
  const contents = `;
; Selected TOC Entries:
;
7; 2615 16547 SCHEMA - bullmq scani
226; 1259 16478 TABLE public ACL scani
3262; 2604 16513 DEFAULT public effects id scani
3300; 0 0 COMMENT public TABLE DEFAULT ACL scani
3372; 0 0 ACL public TABLE rows scani
3380; 0 0 ACL - SCHEMA bullmq scani
2058; 826 16394 DEFAULT ACL public DEFAULT PRIVILEGES FOR TABLES scani
`;
  expect(privilegeEntries(contents)).toEqual([3372, 3380, 2058]);
});

test("of what psql writes, each refused privilege is told with its own error", () => {
  const output = `
ERROR:  permission denied to set session authorization
STATEMENT:  SET SESSION AUTHORIZATION owner;
WARNING:  no privileges were granted for "rows"
ERROR:  role "reader" does not exist
STATEMENT:  GRANT SELECT ON TABLE public.rows TO reader;
psql:<stdin>:31: ERROR:  permission denied for schema bullmq
HINT:  Ask its owner.
psql:<stdin>:31: STATEMENT:  REVOKE ALL ON SCHEMA bullmq FROM PUBLIC;
`;
  expect(refusedIn(output)).toEqual([
    { statement: "GRANT SELECT ON TABLE public.rows TO reader;", why: 'role "reader" does not exist' },
    { statement: "REVOKE ALL ON SCHEMA bullmq FROM PUBLIC;", why: "permission denied for schema bullmq" },
  ]);
});
