/**
 * Queries for the settings of a running Postgres; each line of an answer has its query's keyword before it. They read
 * the files in the data as they are written, which is all that base's own reads, so a corrected file counts before the
 * server is restarted. In the shell a query is between double quotes.
 */

const inData = "sourcefile like current_setting('data_directory') || '/%'";

/** Settings base's own Postgres will have, by the files in the data: of several lines the last counts. */
const written = `written as (select distinct on (name) name, setting from pg_file_settings
   where name is not null and ${inData} order by name, seqno desc)`;

/** Folders Postgres writes to, by the settings that name them, and what they are called in the data. */
export const writtenFolders: Readonly<Record<string, string>> = {
  log_directory: "log",
  stats_temp_directory: "pg_stat_tmp",
};

const folders = Object.keys(writtenFolders)
  .map((name) => `'${name}'`)
  .join(", ");

/** Query for files and folders that a start on the data looks for by absolute paths. */
const files = `with ${written} select name || ' ' || setting from written
   where setting like '/%' and (name like '%file' or name in ('data_directory', ${folders}))
   and name <> 'external_pid_file' and (name not like 'ssl%' or current_setting('ssl') = 'on')`;

const included = `select distinct 'include ' || sourcefile from pg_file_settings
   where current_setting('config_file') like current_setting('data_directory') || '/%' and not ${inData}`;

/** Condition of a setting in force that comes from neither the data's files nor Postgres' own defaults. */
const fromOutside = `(s.source = 'command line' or s.sourcefile is not null and not s.${inData})`;

/** Query for settings that Postgres needs to start on the data, or to answer, and that are not in the data's files. */
const needed = `with ${written} select s.name || ' ' || s.setting from pg_settings s
   where ${fromOutside} and not exists (select from written w where w.name = s.name
     and replace(w.setting, ' ', '') = replace(s.setting, ' ', ''))
   and (s.name = 'max_prepared_transactions' and exists (select from pg_prepared_xacts)
     or s.name = 'shared_preload_libraries' and s.setting <> '')`;

/** Query for replication slots, each with its database, which outlive the server's end; a physical one has none. */
const slots = "select slot_name || ' ' || coalesce(database, '') from pg_replication_slots where not temporary";

/** Query that answers `on` where segments of the log are archived, by a command that does anything at all. */
const archives = `with ${written} select 'on' from written
   where name = 'archive_mode' and lower(setting) in ('on', 'always', 'true', 'yes', '1') and not exists
   (select from written where name = 'archive_command' and setting in ('true', '/bin/true', ':'))`;

const sized = "'shared_buffers', 'maintenance_work_mem', 'work_mem'";

/** Query for sizes in bytes: the larger of the running value and the written one, which base's own starts with. */
const sizes = `with sized as (select name, current_setting(name) size from pg_settings where name in (${sized})
     union all select name, setting from pg_file_settings where name in (${sized}))
   select name || ' ' || max(case when size ~ '[a-zA-Z]' then pg_size_bytes(size)
     else size::bigint * case name when 'shared_buffers' then 8192 else 1024 end end) from sized
   where size similar to '[0-9]+ *(B|kB|MB|GB|TB)?' group by name`;

const ownRules = "current_setting('data_directory') || '/pg_hba.conf'";

/** Query for the file of the rules who may log in, where the data does not name it and it is not the data's own. */
const rulesFile = `with ${written} select current_setting('hba_file')
   where current_setting('hba_file') <> ${ownRules} and not exists (select from written where name = 'hba_file')`;

/** Query for the lines of the data's own rules, in their order. Their options are left out, which may hold secrets. */
const rules = `select jsonb_build_object('line', line_number, 'type', type, 'databases', database, 'roles', user_name,
   'address', address, 'netmask', netmask, 'method', auth_method, 'error', error)
   from pg_hba_file_rules where current_setting('hba_file') = ${ownRules}`;

/**
 * Query for the connections the server takes now, where that does not come from the data: what the operator lowers there
 * is meant, also before a restart. Scani's pools come along as they are.
 */
const connections = `select s.setting from pg_settings s where s.name = 'max_connections' and ${fromOutside}`;

/** Query for the folder of the socket that the image's own tools look in. */
const socket = "select boot_val from pg_settings where name = 'unix_socket_directories'";

/** Query for folders of what Postgres loads, and what it reads of an extension or for a text search. */
const libraries = `select setting || part from pg_config
   join (values ('PKGLIBDIR', ''), ('SHAREDIR', '/extension'), ('SHAREDIR', '/tsearch_data')) parts (name, part)
   using (name)`;

/** Settings that decide whether a Postgres starts on the data, and whether a release reaches it and is answered. */
const startSettings = [
  "port",
  "listen_addresses",
  "unix_socket_directories",
  "synchronous_standby_names",
  "max_connections",
] as const;

/** A setting of those. */
export type StartSetting = (typeof startSettings)[number];

/**
 * Shell script that prints these as base's own Postgres will have them, after its keyword, by Postgres' own reading of
 * the files in the data. `-C` comes first: only then may root run it. PGPORT is compose's alone.
 */
export const startScript = `(unset PGPORT; for name in ${startSettings.join(" ")}; do
  value=$(postgres -C "$name" -D "$PGDATA" 2> /dev/null) && echo "start $name $value"; done)`;

/** Queries, each with its keyword. */
export const settingQueries = [
  ["file", files],
  ["file", included],
  ["needed", needed],
  ["socket", socket],
  ["library", libraries],
  ["connections", connections],
  ["slot", slots],
  ["archives", archives],
  ["rules-file", rulesFile],
  ["rule", rules],
  ["size", sizes],
] as const;
