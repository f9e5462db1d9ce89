"use client";

import { useActionState, useState } from "react";
import { mintHelperAction, mintKeyAction } from "@/app/(dashboard)/dashboard/setup/actions";
import type { Made } from "@/app/(dashboard)/dashboard/setup/key-step";
import { KeyStep } from "@/app/(dashboard)/dashboard/setup/key-step";
import type { SoldModel } from "@/app/(dashboard)/dashboard/setup/spill-choice";
import { setupHref, type SetupChoice } from "@/app/(dashboard)/dashboard/setup/setup-query";
import type { ActionState } from "@/app/_server/run-action";
import { CommandLine } from "@/components/dashboard/command-line";
import type { LaneOption } from "@/components/keys/lane-choice";
import type { GapKey, GapLane } from "@/components/lanes/codex-cli-gaps";
import { FirstRequest } from "@/components/setup/first-request";
import { GuidePanel } from "@/components/setup/guide-panel";
import { Card } from "@/components/ui/card";
import { SegmentedLinks } from "@/components/ui/segmented-links";
import { Tabs } from "@/components/ui/tabs";
import type { SetupTarget } from "@/lib/codex/setup-config";
import { setupGuide, SYSTEMS, type Credential, type System, type Way } from "@/lib/codex/setup-guide";

export type OwnKey = GapKey & { prefix: string; lastFour: string };
export type OwnLane = GapLane & LaneOption;

type Props = {
  target: SetupTarget;
  choice: SetupChoice;
  model: string;
  /** What the model costs over the wallet; null: it is not sold. */
  sold: SoldModel | null;
  systemFirst: System;
  keys: readonly OwnKey[];
  lanes: readonly OwnLane[];
  /** When the page was made: only later requests count as the first. */
  since: string;
};

const SYSTEM_NAMES: Record<System, string> = {
  unix: "Linux, macOS",
  powershell: "PowerShell",
  cmd: "cmd",
  vscode: "VS Code",
  wsl: "WSL",
};

const WAY_NAMES: Record<Way, { label: string; note: string }> = {
  permanent: {
    label: "For good",
    note: "A script adds two marked blocks to your config.toml and stores what Codex needs for its key. The rest stays byte for byte. It can be read first, and it takes everything back.",
  },
  once: { label: "Once", note: "Everything travels in the command, and none of your files is changed." },
  isolated: {
    label: "Beside another Codex",
    note: "For a Codex that is signed in to OpenAI: this one gets a folder of its own and a command of its own, and yours stays as it is.",
  },
};

/** The key lives in this component and nowhere else: it is in no address, no storage and no request after the one that made it. */
export function SetupDesk({ target, choice, model, sold, systemFirst, keys, lanes, since: opened }: Props) {
  const [since] = useState(opened);
  const [key, mintKey, isMintingKey] = useActionState(mintKeyAction, null);
  const [helper, mintHelper, isMintingHelper] = useActionState(mintHelperAction, null);
  const [pasted, setPasted] = useState("");
  // What was made outlives a refusal of the next one: it is nowhere else to be read.
  const made = useLastOk(key);
  const madeHelper = useLastOk(helper);
  const own = keys.find(({ prefix, lastFour }) => pasted.startsWith(prefix) && pasted.endsWith(lastFour)) ?? null;

  const chosen: { credential: Credential; keyId: string | null } | null = {
    make: made && { credential: { kind: "key", secret: made.secret } as const, keyId: made.keyId },
    paste: own && { credential: { kind: "key", secret: pasted } as const, keyId: own.id },
    helper: { credential: { kind: "helper", secret: madeHelper?.secret ?? null } as const, keyId: madeHelper?.keyId ?? null },
  }[choice.source];

  const guideOf = (system: System) =>
    setupGuide({ target, credential: chosen?.credential ?? null, model, system, way: system === "vscode" ? "permanent" : choice.way });

  return (
    <div className="grid gap-4">
      <KeyStep
        choice={choice}
        keys={keys}
        lanes={lanes}
        sold={sold}
        made={made}
        madeHelper={madeHelper}
        mintKey={{ state: key, submit: mintKey, isPending: isMintingKey }}
        mintHelper={{ state: helper, submit: mintHelper, isPending: isMintingHelper }}
        paste={{ text: pasted, onText: setPasted, own }}
      />
      <Card title="2. Run it" note={WAY_NAMES[choice.way].note}>
        <div className="mb-3">
          <SegmentedLinks
            label="How long it lasts"
            options={(["permanent", "once", "isolated"] as const).map((way) => ({
              label: WAY_NAMES[way].label,
              href: setupHref({ ...choice, way }),
              current: way === choice.way,
            }))}
          />
        </div>
        <Tabs
          label="Your system"
          remember="setup-system"
          defaultTab={systemFirst}
          tabs={SYSTEMS.map((system) => ({
            id: system,
            label: SYSTEM_NAMES[system],
            content: (
              <>
                <h3 className="panel-name sr-only">{SYSTEM_NAMES[system]}</h3>
                <GuidePanel
                  system={system}
                  way={choice.way}
                  guide={guideOf(system)}
                  credential={chosen?.credential ?? null}
                  target={target}
                />
              </>
            ),
          }))}
        />
      </Card>
      <Card
        title="3. See it arrive"
        note="Any question counts, also the one that the setup script asks. It costs a few cents of your wallet, or what your own key is charged for it."
      >
        <FirstRequest keyId={chosen?.keyId ?? null} since={since} />
        {made && choice.source === "make" && (
          <div className="mt-4">
            <CommandLine title="The key by itself, for other programs" line={made.secret} what="the key" />
          </div>
        )}
      </Card>
    </div>
  );
}

function useLastOk(state: ActionState<Made>): Made | null {
  const [last, setLast] = useState<Made | null>(null);
  if (state?.ok && state !== last) setLast(state);
  return state?.ok ? state : last;
}
