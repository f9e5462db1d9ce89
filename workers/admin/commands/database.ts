import type { Command } from "commander";
import { readDatabaseMode } from "@/lib/settings/database-mode";
import { addCommand, type Output } from "@/workers/admin/command";
import type { Office } from "@/workers/admin/office";
import { list } from "@/workers/admin/table";

export function addDatabaseCommands(root: Command): void {
  const database = root.command("database").description("The database behind it all");
  addCommand(database, { name: "info", description: "where it is, what it is and how large", run: describe });
}

type Facts = { version: string; bytes: string; migrations: number; users: number; requests: number; holds: number };

async function describe(office: Office): Promise<Output> {
  const { host, pathname } = new URL(office.config.databaseUrl);
  const [facts] = await office.database.sql<Facts[]>`
    select current_setting('server_version') as version, pg_database_size(current_database()) as bytes,
           (select count(*)::int from drizzle.__drizzle_migrations) as migrations, (select count(*)::int from users) as users,
           (select count(*)::int from requests) as requests, (select count(*)::int from holds where state = 'placed') as holds`;
  if (!facts) throw new Error("the database did not answer");
  const info = {
    mode: await readDatabaseMode(office.database.orm),
    embedded: office.embedded,
    dataDir: office.config.dataDir,
    host,
    name: pathname.slice(1),
    version: facts.version,
    megabytes: Math.ceil(Number(facts.bytes) / 1024 / 1024),
    migrations: facts.migrations,
    users: facts.users,
    requests: facts.requests,
    placedHolds: facts.holds,
  };
  const text = list([
    ["mode", info.mode ?? "not started yet"],
    ["server", info.embedded ? `embedded, in ${info.dataDir}` : info.host],
    ["database", info.name],
    ["Postgres", info.version],
    ["size", `${info.megabytes} MB`],
    ["migrations", info.migrations],
    ["users", info.users],
    ["requests in the log", info.requests],
    ["placed holds", info.placedHolds],
  ]);
  return { json: info, text };
}
