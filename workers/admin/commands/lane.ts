import type { Command } from "commander";
import { addApiKeyLane } from "@/lib/lanes/add-api-key-lane";
import { moveLane } from "@/lib/lanes/move-lane";
import { listLanes } from "@/lib/lanes/read";
import { removeLane } from "@/lib/lanes/remove-lane";
import { setLaneState } from "@/lib/lanes/set-lane-state";
import { requireUser } from "@/lib/users/find-user";
import { addCommand, type Output } from "@/workers/admin/command";
import type { Office } from "@/workers/admin/office";
import { wholeNumberOption } from "@/workers/admin/parse-option";
import { readSecretFromStdin } from "@/workers/admin/read-secret";
import { table } from "@/workers/admin/table";
import { allowedUpstreams } from "@/workers/admin/upstreams";

type LaneOptions = { username: string; lane: string };

export function addLaneCommands(root: Command): void {
  const lane = root.command("lane").description("Lanes of a customer: the ordered ways to an answer");
  addCommand(lane, {
    name: "add",
    description: "add a lane over the customer's own key, which is read from stdin; it comes before the wallet",
    options: (command) =>
      withUser(command)
        .requiredOption("--label <text>", "how the customer calls it")
        .requiredOption("--base-url <url>", "like https://api.openai.com/v1")
        .option("--key-stdin", "read the key from stdin (always done)"),
    run: add,
  });
  addCommand(lane, { name: "list", description: "in the order in which they are tried", options: withUser, run: listAll });
  addCommand(lane, {
    name: "move",
    description: "change the order",
    options: (command) => withLane(command).requiredOption("--position <number>", "1 is tried first", wholeNumberOption),
    run: move,
  });
  addCommand(lane, {
    name: "remove",
    description: "remove a lane; the wallet stays (pause it instead), and so does the last one",
    options: withLane,
    run: remove,
  });
  addCommand(lane, {
    name: "pause",
    description: "pass a lane over",
    options: withLane,
    run: (office, options: LaneOptions) => setState(office, options, "paused"),
  });
  addCommand(lane, {
    name: "resume",
    description: "use a lane again",
    options: withLane,
    run: (office, options: LaneOptions) => setState(office, options, "ready"),
  });
}

function withUser(command: Command): Command {
  return command.requiredOption("--username <name>", "or e-mail address");
}

function withLane(command: Command): Command {
  return withUser(command).requiredOption("--lane <id>", "id of the lane");
}

async function add(office: Office, options: { username: string; label: string; baseUrl: string }): Promise<Output> {
  const { id: userId } = await requireUser(office.database.orm, options.username);
  const secret = await readSecretFromStdin("the customer's key");
  const allow = await allowedUpstreams(office);
  const { label, baseUrl } = options;
  const { sealer, actor } = office;
  await office.transact((tx) => addApiKeyLane(tx, { userId, label, baseUrl, secret, allow, sealer, actor }));
  return lanesOf(office, userId);
}

async function listAll(office: Office, options: { username: string }): Promise<Output> {
  const { id: userId } = await requireUser(office.database.orm, options.username);
  return lanesOf(office, userId);
}

async function move(office: Office, options: LaneOptions & { position: number }): Promise<Output> {
  const { id: userId } = await requireUser(office.database.orm, options.username);
  await office.transact((tx) => moveLane(tx, { userId, laneId: options.lane, position: options.position, actor: office.actor }));
  return lanesOf(office, userId);
}

async function remove(office: Office, options: LaneOptions): Promise<Output> {
  const { id: userId } = await requireUser(office.database.orm, options.username);
  await office.transact((tx) => removeLane(tx, { userId, laneId: options.lane, actor: office.actor }));
  return lanesOf(office, userId);
}

async function setState(office: Office, options: LaneOptions, state: "ready" | "paused"): Promise<Output> {
  const { id: userId } = await requireUser(office.database.orm, options.username);
  await office.transact((tx) => setLaneState(tx, { userId, laneId: options.lane, to: { state }, actor: office.actor }));
  return lanesOf(office, userId);
}

async function lanesOf(office: Office, userId: string): Promise<Output> {
  const lanes = await listLanes(office.database.orm, office.viewer, { userId });
  const text = table(
    ["lane", "position", "kind", "label", "state", "base URL or account", "key"],
    lanes.map((lane) => [
      lane.id,
      lane.position,
      lane.kind,
      lane.label,
      lane.state,
      lane.baseUrl ?? lane.account?.email ?? null,
      lane.keyLastFour && `…${lane.keyLastFour}`,
    ]),
    "No lanes.",
  );
  return { json: lanes, text };
}
