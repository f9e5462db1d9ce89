import type { Sql } from "postgres";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import type { TurnFrame, TurnTicket } from "@/lib/turns/runner-protocol";
import { testCustomer, type TestCustomer } from "@/tests/factories/customer";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import {
  askTurn,
  type HeardTurn,
  type RunningRunner,
  signedInAccount,
  startTestRunner,
  testAccount,
  type TestAccount,
} from "@/tests/factories/runner";
import { type Person, ScriptedMachine, somebody } from "@/tests/factories/scripted-containers";

type RunnerOptions = Omit<Partial<Parameters<typeof startTestRunner>[0]>, "sql">;

/** A machine of scripted containers, the runners that drive it, and one account of the owner: machine and account anew for each test. */
class RunnerScene {
  database!: TestDatabase;
  owner!: TestCustomer;
  machine!: ScriptedMachine;
  account!: TestAccount;
  /** Whose ChatGPT account it is, or is going to be. */
  person!: Person;
  /** In the order of their starts; those that are still here when the test ends are stopped. */
  readonly running: RunningRunner[] = [];

  get sql(): Sql {
    return this.database.sql;
  }

  async startRunner(options: RunnerOptions = {}): Promise<RunningRunner> {
    const { sql, machine } = this;
    const started = await startTestRunner({ sql, driver: machine.driver("host-a"), engine: machine.engine(), ...options });
    this.running.push(started);
    return started;
  }

  ask(runner: RunningRunner, ticket: Partial<TurnTicket> = {}, onFrame?: (frame: TurnFrame) => void): Promise<HeardTurn> {
    return askTurn({ address: runner.address, account: this.account, keyId: this.owner.keyId, ticket }, onFrame);
  }

  async laneRow() {
    const [lane] = await this.sql`
      select state, state_reason as reason, state_until as until from lanes where id = ${this.account.laneId}`;
    return lane;
  }

  async accountRow() {
    const [row] = await this.sql`
      select state, fence::int, container_state as "containerState", lease_runner_id as "leaseRunnerId"
      from chatgpt_accounts where id = ${this.account.accountId}`;
    return row;
  }

  mails() {
    return this.sql`select kind, payload from outbox where payload ->> 'laneId' = ${this.account.laneId}`;
  }
}

/** For a whole file of tests. `isSignedIn`: the account is, and so is every home that the machine makes. */
export function runnerScene({ isSignedIn }: { isSignedIn: boolean }): RunnerScene {
  const scene = new RunnerScene();
  let persons = 0;
  beforeAll(async () => {
    scene.database = await testDatabase();
    scene.owner = await testCustomer(scene.database.orm);
  });
  afterAll(() => scene.database.close());
  beforeEach(async () => {
    const { sql, owner } = scene;
    scene.machine = new ScriptedMachine();
    scene.person = somebody(`owner-${(persons += 1)}`);
    scene.account = isSignedIn ? await signedInAccount(sql, owner.userId, scene.person) : await testAccount(sql, owner.userId);
    if (isSignedIn) scene.machine.signInOnStart = scene.person;
  });
  afterEach(async () => {
    await Promise.all(scene.running.splice(0).map((runner) => runner.stop()));
  });
  return scene;
}
