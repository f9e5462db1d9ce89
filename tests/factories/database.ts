import { randomUUID } from "node:crypto";
import postgres from "postgres";
import { inject } from "vitest";
import { connectDatabase, type Database } from "@/db/client";
import { TEST_PREFIX } from "@/tests/factories/database-name";

export type TestDatabase = Database & {
  url: string;
  /** Another pool on the same database: concurrency claims are tested with two. */
  connect(): Database;
};

/** A fresh, migrated database. One per test file is the rule; `close` drops it. */
export async function testDatabase(): Promise<TestDatabase> {
  const name = `${TEST_PREFIX}${randomUUID().replaceAll("-", "")}`;
  await onServer((server) => server`create database ${server(name)} template ${server(inject("testTemplate"))}`);
  const url = new URL(inject("testServerUrl"));
  url.pathname = `/${name}`;
  const pools: Database[] = [];
  const connect = () => {
    const pool = connectDatabase(url.href);
    pools.push(pool);
    return pool;
  };
  return {
    ...connect(),
    url: url.href,
    connect,
    close: async () => {
      await Promise.all(pools.map((pool) => pool.close()));
      await onServer((server) => server`drop database ${server(name)} with (force)`);
    },
  };
}

async function onServer<T>(work: (server: postgres.Sql) => Promise<T>): Promise<T> {
  const server = postgres(inject("testServerUrl"), { max: 1, onnotice: () => {} });
  try {
    return await work(server);
  } finally {
    await server.end();
  }
}
